import JSONBytes
import Signing
import StatusModel

/// How the handling of a message failed; thrown by a worker's handler. Texts are shown to operators: no secret, no internals of others.
public enum ConsumerError: Error, Sendable, Equatable {
  /// It may succeed later (network, rate limit, something away): the message comes back to this group after a pause.
  case soft(String, code: String? = nil)
  /// It cannot succeed (malformed, invalid, impossible): the message goes to the dead letters.
  case hard(String, code: String? = nil)

  /// Any error as one of the two: of `Failure` what can never be accepted is hard, everything else is soft.
  init(_ error: any Error) {
    switch error {
    case let error as ConsumerError: self = error
    case let failure as Failure:
      switch failure {
      case .invalid, .malformed, .notFound: self = .hard(failure.detail, code: "\(failure.status)")
      default: self = .soft(failure.detail, code: "\(failure.status)")
      }
    default: self = .soft("\(error)")
    }
  }

  var entry: ErrorEntry {
    switch self {
    case .soft(let text, let code): ErrorEntry(kind: .softerror, message: text, code: code)
    case .hard(let text, let code): ErrorEntry(kind: .harderror, message: text, code: code)
    }
  }
}

/// One element of a message's `errors`.
public struct ErrorEntry: Sendable, Equatable {
  public enum Kind: String, Sendable { case debug, info, warning, softerror, harderror }
  public let kind: Kind
  public let message: String
  public let code: String?

  /// Characters of a message that are kept.
  static let messageLimit = 1_000

  public init(kind: Kind, message: String, code: String? = nil) {
    self.kind = kind
    self.message = message
    self.code = code
  }

  /// As JSON; secrets of ours are cut out. `sender` is the consumer, `now` in milliseconds.
  public func json(sender: String, now: Int64) -> String {
    let text = SecretToken.redacted(String(message.prefix(Self.messageLimit)))
    let code = code.map { #","error_code":\#(JSONText.quoted($0))"# } ?? ""
    return #"{"error_type":"\#(kind.rawValue)","error_sender":\#(JSONText.quoted(sender)),"error_uuid":"\#(UUIDText.random())","#
      + #""error_message":\#(JSONText.quoted(text.isEmpty ? kind.rawValue : text)),"timestamp":"\#(ISO8601.text(milliseconds: now))"\#(code)}"#
  }
}
