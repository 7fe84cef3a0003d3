/// A pattern of event names as AMQP topics have them: words between dots, `*` for one word, `#` for any number, none included.
public struct TopicPattern: Sendable, Equatable, CustomStringConvertible {
  private let words: [Substring]
  public let description: String

  /// Nil unless it is words of `a` to `z` and `_`, `*` and `#` between single dots, at most 200 bytes.
  public init?(_ text: String) {
    let words = text.split(separator: ".", omittingEmptySubsequences: false)
    let isPattern = words.allSatisfy { $0 == "*" || $0 == "#" || BusMessage.isEventName(String($0)) }
    guard text.utf8.count <= 200, isPattern else { return nil }
    self.words = words
    description = text
  }

  /// In time proportional to the words of the pattern times those of the name.
  public func matches(_ name: String) -> Bool {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    // reached[n]: the words of the pattern so far can stand for the first n parts.
    var reached = [Bool](repeating: false, count: parts.count + 1)
    reached[0] = true
    for word in words {
      var next = [Bool](repeating: false, count: parts.count + 1)
      for place in 0...parts.count {
        if word == "#" {
          next[place] = reached[place] || place > 0 && next[place - 1]
        } else if place > 0 {
          next[place] = reached[place - 1] && (word == "*" || word == parts[place - 1])
        }
      }
      reached = next
    }
    return reached[parts.count]
  }
}
