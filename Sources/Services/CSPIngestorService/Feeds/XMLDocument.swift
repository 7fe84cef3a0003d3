/// As much XML as feeds need: elements, attributes, text, CDATA, comments. No document type and no entity but the predefined and those of
/// HTML, so nothing can be expanded or fetched.
struct XMLElement {
  let name: String
  fileprivate(set) var attributes: [String: String] = [:]
  fileprivate(set) var children: [XMLElement] = []
  /// Its own, references resolved.
  fileprivate(set) var text = ""
  /// Where it stands, and what stands between its tags.
  fileprivate var range = 0..<0
  fileprivate var innerRange = 0..<0
  fileprivate let document: [UInt8]

  /// Without the prefix of a namespace.
  var localName: String { name.split(separator: ":").last.map(String.init) ?? name }
  subscript(name: String) -> XMLElement? { children.first { $0.name == name } }
  func all(_ name: String) -> [XMLElement] { children.filter { $0.name == name } }
  /// All of it as it was written.
  var source: String { String(decoding: document[range], as: UTF8.self) }
  /// HTML: escaped in the text, or standing there as elements.
  var markup: String { children.isEmpty ? text : String(decoding: document[innerRange], as: UTF8.self) }
}

enum XMLDocument {
  /// Throws `syntax`, for document types too.
  static func root(of bytes: [UInt8]) throws(Refusal) -> XMLElement {
    var parser = XMLParser(bytes)
    return try parser.document()
  }

  /// A page where a feed was expected: by its document type or its first element.
  static func isHTML(_ bytes: [UInt8]) -> Bool {
    var parser = XMLParser(bytes)
    return parser.startsLikeHTML()
  }
}

private struct XMLParser {
  private let bytes: [UInt8]
  private var index = 0
  private var elements = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  private static let deepest = 64
  private static let mostElements = 200_000
  /// What HTML documents and fragments begin with.
  private static let htmlElements: Set<String> = [
    "html", "head", "body", "title", "meta", "script", "style", "center", "div", "h1", "h2", "p", "link", "table", "pre", "main", "section",
    "noscript", "form", "span", "br", "hr", "img", "iframe", "b", "strong", "a", "ul", "h3", "frameset",
  ]

  mutating func startsLikeHTML() -> Bool {
    while let after = endOfMisc() { index = after }
    if starts("<!doctype") {
      index += 9
      skipBlanks()
      return name().lowercased() == "html"
    }
    guard starts("<") else { return false }
    index += 1
    return Self.htmlElements.contains(name().lowercased())
  }

  mutating func document() throws(Refusal) -> XMLElement {
    while let after = endOfMisc() { index = after }
    guard starts("<") else { throw .syntax }
    let root = try element(depth: 1)
    while let after = endOfMisc() { index = after }
    guard index == bytes.count else { throw .syntax }
    return root
  }

  /// After blanks, a comment or a processing instruction; nil when none of them is next.
  private func endOfMisc() -> Int? {
    if index < bytes.count, PlainText.isBlank(bytes[index]) { return index + 1 }
    if starts("<!--") { return PlainText.end(of: "-->", in: bytes, from: index + 4) }
    if starts("<?") { return PlainText.end(of: "?>", in: bytes, from: index + 2) }
    return nil
  }

  /// Whether `text` (ASCII, lower case) is next, in any case.
  private func starts(_ text: StaticString) -> Bool { starts(text.description) }
  private func starts(_ text: String) -> Bool {
    guard index + text.utf8.count <= bytes.count else { return false }
    return zip(bytes[index...], text.utf8).allSatisfy { PlainText.lower($0) == $1 }
  }

  private mutating func skipBlanks() {
    while index < bytes.count, PlainText.isBlank(bytes[index]) { index += 1 }
  }

  /// Empty when none is next.
  private mutating func name() -> String {
    let start = index
    while index < bytes.count, Self.isName(bytes[index]) { index += 1 }
    return String(decoding: bytes[start..<index], as: UTF8.self)
  }

  private static func isName(_ byte: UInt8) -> Bool {
    PlainText.isLetter(byte) || PlainText.isDigit(byte) || byte >= 0x80 || byte == UInt8(ascii: ":") || byte == UInt8(ascii: "_")
      || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
  }

  private mutating func element(depth: Int) throws(Refusal) -> XMLElement {
    elements += 1
    guard depth <= Self.deepest, elements <= Self.mostElements else { throw .syntax }
    let start = index
    index += 1
    let name = name()
    guard let first = name.utf8.first, !PlainText.isDigit(first), first != UInt8(ascii: "-"), first != UInt8(ascii: ".") else {
      throw .syntax
    }
    var element = XMLElement(name: name, document: bytes)
    element.attributes = try attributes()
    if starts("/>") {
      index += 2
    } else {
      guard starts(">") else { throw .syntax }
      index += 1
      try content(of: &element, depth: depth)
    }
    element.range = start..<index
    return element
  }

  private mutating func attributes() throws(Refusal) -> [String: String] {
    var found: [String: String] = [:]
    while true {
      let before = index
      skipBlanks()
      guard index < bytes.count, Self.isName(bytes[index]) else { return found }
      guard index > before else { throw .syntax }
      let name = name()
      skipBlanks()
      guard starts("=") else { throw .syntax }
      index += 1
      skipBlanks()
      guard index < bytes.count, bytes[index] == UInt8(ascii: "\"") || bytes[index] == UInt8(ascii: "'") else { throw .syntax }
      let quote = bytes[index]
      index += 1
      guard let end = bytes[index...].firstIndex(of: quote) else { throw .syntax }
      found[name] = try resolved(index..<end)
      index = end + 1
    }
  }

  private mutating func content(of element: inout XMLElement, depth: Int) throws(Refusal) {
    let start = index
    while true {
      guard let open = bytes[index...].firstIndex(of: UInt8(ascii: "<")) else { throw .syntax }
      if open > index { element.text += try resolved(index..<open) }
      index = open
      if starts("</") {
        element.innerRange = start..<open
        index += 2
        guard name() == element.name else { throw .syntax }
        skipBlanks()
        guard starts(">") else { throw .syntax }
        index += 1
        return
      }
      if starts("<![cdata[") {
        guard let end = PlainText.end(of: "]]>", in: bytes, from: index + 9) else { throw .syntax }
        element.text += String(decoding: bytes[(index + 9)..<(end - 3)], as: UTF8.self)
        index = end
      } else if starts("<!--") || starts("<?") {
        guard let end = endOfMisc() else { throw .syntax }
        index = end
      } else {
        element.children.append(try self.element(depth: depth + 1))
      }
    }
  }

  /// The text of a range with its references resolved. A name that nobody knows is an entity that somebody declared: `syntax`.
  /// An ampersand that begins no reference stands for itself.
  private func resolved(_ range: Range<Int>) throws(Refusal) -> String {
    var text: [UInt8] = []
    var index = range.lowerBound
    while index < range.upperBound {
      guard let ampersand = bytes[index..<range.upperBound].firstIndex(of: UInt8(ascii: "&")) else { break }
      text += bytes[index..<ampersand]
      if let (scalar, end) = Entity.read(bytes, at: ampersand), end <= range.upperBound {
        text += UTF8.encode(scalar)!
        index = end
      } else if let end = endOfName(after: ampersand), end < range.upperBound, bytes[end] == UInt8(ascii: ";") {
        throw .syntax
      } else {
        text.append(UInt8(ascii: "&"))
        index = ampersand + 1
      }
    }
    text += bytes[index..<range.upperBound]
    return String(decoding: text, as: UTF8.self)
  }

  private func endOfName(after ampersand: Int) -> Int? {
    var end = ampersand + 1
    while end < bytes.count, Self.isName(bytes[end]) { end += 1 }
    return end > ampersand + 1 ? end : nil
  }
}
