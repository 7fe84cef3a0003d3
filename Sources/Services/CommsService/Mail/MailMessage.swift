import Signing
import StatusModel

/// A mail address with the name that goes before it.
struct Mailbox: Sendable, Equatable {
  var name = ""
  /// Of printable ASCII: an address in other letters (RFC 6531) is refused, because many servers still take none.
  var address: String

  init?(name: String = "", address: String) {
    guard Self.isAddress(address) else { return nil }
    self.name = name
    self.address = address
  }

  /// From `ada@example.org` or `Ada Lovelace <ada@example.org>`; nil when it is neither.
  init?(_ text: String) {
    guard text.hasSuffix(">"), let open = text.lastIndex(of: "<") else {
      self.init(address: text)
      return
    }
    let name = text[..<open].split(separator: " ").joined(separator: " ")
    let bare = name.hasPrefix("\"") && name.hasSuffix("\"") && name.count > 1 ? String(name.dropFirst().dropLast()) : name
    self.init(name: bare, address: String(text[text.index(after: open)...].dropLast()))
  }

  var domain: String { String(address[address.index(after: address.lastIndex(of: "@") ?? address.startIndex)...]) }

  /// As browsers accept it in a form (WHATWG HTML, valid e-mail address), at most 254 bytes.
  static func isAddress(_ text: String) -> Bool {
    let parts = text.utf8.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
    guard parts.count == 2, text.utf8.count <= 254, (1...64).contains(parts[0].count) else { return false }
    guard parts[0].allSatisfy({ isAlphanumeric($0) || localSigns.contains($0) }) else { return false }
    return parts[1].split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { label in
      guard (1...63).contains(label.count), let first = label.first, let last = label.last else { return false }
      return isAlphanumeric(first) && isAlphanumeric(last) && label.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
    }
  }

  private static let localSigns = Set(".!#$%&'*+/=?^_`{|}~-".utf8)
  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"): true
    default: false
    }
  }
}

/// A mail as text and HTML, ready to be written as RFC 5322 with MIME (RFC 2045 to 2047).
struct MailMessage: Sendable {
  var from: Mailbox
  var to: Mailbox
  var subject: String
  /// Epoch seconds: of the mail's making, the same in every attempt.
  var date: Int
  /// Without angle brackets.
  var messageID: String
  var correlationID: String
  /// The page whose POST unsubscribes at once (RFC 8058); nil for mails that are no subscription's.
  var unsubscribe: String?
  var text: String
  var html: String

  /// Lines ended by CR LF, all of ASCII, none longer than 998 bytes.
  var bytes: [UInt8] {
    // Derived, so that a repeated mail is the same to the last byte; no line of the parts can begin with it: quoted-printable has no `=_`.
    let boundary = "=_" + SHA256.hex(messageID).prefix(32)
    var lines = [
      MailHeader.line("From", from), MailHeader.line("To", to), MailHeader.line("Subject", subject),
      "Date: \(MailHeader.date(date))", "Message-ID: <\(messageID)>", "X-CID: \(correlationID)", "Auto-Submitted: auto-generated",
    ]
    if let unsubscribe {
      lines += ["List-Unsubscribe: <\(unsubscribe)>", "List-Unsubscribe-Post: List-Unsubscribe=One-Click"]
    }
    lines += ["MIME-Version: 1.0", "Content-Type: multipart/alternative; boundary=\"\(boundary)\"", ""]
    for (type, content) in [("plain", text), ("html", html)] {
      lines += ["--\(boundary)", "Content-Type: text/\(type); charset=utf-8", "Content-Transfer-Encoding: quoted-printable", ""]
      lines.append(QuotedPrintable.encoded(content))
    }
    lines += ["--\(boundary)--", ""]
    return Array(lines.joined(separator: "\r\n").utf8)
  }
}

/// Lines of a mail's head.
enum MailHeader {
  /// A text in words (RFC 5322 unstructured), in encoded words (RFC 2047) where it needs them; control characters become blanks.
  static func line(_ name: String, _ text: String) -> String { fold("\(name):", words(of: text)) }

  static func line(_ name: String, _ mailbox: Mailbox) -> String {
    guard !mailbox.name.isEmpty else { return "\(name): \(mailbox.address)" }
    let isPlain = mailbox.name.utf8.allSatisfy { (0x20...0x7E).contains($0) } && !mailbox.name.contains("=?")
    let quoted = "\"" + mailbox.name.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    let words = isPlain && quoted.utf8.count <= 70 ? [quoted] : words(of: mailbox.name, encoding: true)
    return fold("\(name):", words + ["<\(mailbox.address)>"])
  }

  /// `Sun, 01 Mar 2026 09:30:00 +0000` (RFC 5322 section 3.3) of epoch seconds.
  static func date(_ seconds: Int) -> String {
    let text = ISO8601.text(milliseconds: Int64(seconds) * 1000)
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    let month = months[(Int(text.dropFirst(5).prefix(2)) ?? 1) - 1]
    return "\(days[seconds / 86_400 % 7]), \(text.dropFirst(8).prefix(2)) \(month) \(text.prefix(4)) \(text.dropFirst(11).prefix(8)) +0000"
  }

  private static let lineLimit = 76

  private static func words(of text: String, encoding always: Bool = false) -> [String] {
    let clean = String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : $0 }))
    let words = clean.split(separator: " ").map(String.init)
    let isPlain = words.allSatisfy { $0.utf8.count <= 60 && $0.utf8.allSatisfy { (0x21...0x7E).contains($0) } && !$0.contains("=?") }
    return isPlain && !always ? words : encodedWords(words.joined(separator: " "))
  }

  /// At most 75 characters each, never cut inside a character.
  private static func encodedWords(_ text: String) -> [String] {
    let room = 39  // bytes of text that make 52 of base64
    var words: [String] = []
    var held: [UInt8] = []
    for character in text.unicodeScalars {
      let bytes = Array(String(character).utf8)
      if held.count + bytes.count > room {
        words.append("=?utf-8?B?\(Base64.encoded(held))?=")
        held = []
      }
      held += bytes
    }
    return words + (held.isEmpty ? [] : ["=?utf-8?B?\(Base64.encoded(held))?="])
  }

  private static func fold(_ start: String, _ words: [String]) -> String {
    var lines = ""
    var line = start
    for word in words {
      if line.utf8.count + 1 + word.utf8.count > lineLimit, line != start {
        lines += line + "\r\n"
        line = ""
      }
      line += " " + word
    }
    return lines + line
  }
}

/// RFC 2045 section 6.7, of UTF-8 text; every kind of line end becomes CR LF.
enum QuotedPrintable {
  private static let lineLimit = 76
  private static let digits = Array("0123456789ABCDEF".utf8)

  static func encoded(_ text: String) -> String {
    let lines = text.replacing("\r\n", with: "\n").replacing("\r", with: "\n").split(separator: "\n", omittingEmptySubsequences: false)
    return lines.map { encodedLine(Array($0.utf8)) }.joined(separator: "\r\n")
  }

  private static func encodedLine(_ bytes: [UInt8]) -> String {
    var encoded: [UInt8] = []
    var length = 0
    for (index, byte) in bytes.enumerated() {
      let isLast = index == bytes.count - 1
      let isBlank = byte == 0x20 || byte == 0x09
      let isPlain = ((0x21...0x7E).contains(byte) && byte != UInt8(ascii: "=")) || (isBlank && !isLast)
      let word = isPlain ? [byte] : [UInt8(ascii: "="), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      if length + word.count > lineLimit - (isLast ? 0 : 1) {
        encoded += "=\r\n".utf8
        length = 0
      }
      encoded += word
      length += word.count
    }
    return String(decoding: encoded, as: UTF8.self)
  }
}
