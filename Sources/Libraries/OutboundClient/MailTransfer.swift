internal import CCurl

/// One mail under way.
final class MailTransfer: Transfer {
  private static let messageLimit = 1 << 20
  private static let replyLimit = 300

  private let mail: OutboundMail
  private let server: MailServer
  private let configuration: OutboundConfiguration
  private var sent = 0
  /// The server's last word but for its goodbye, without addresses.
  private var reply = (code: 0, text: "")
  /// Of a transfer that is finished; nil: the server has taken the mail.
  private(set) var failure: MailFailure? = .interrupted

  init(_ mail: OutboundMail, to server: MailServer, with easy: EasyHandle, configuration: OutboundConfiguration) {
    self.mail = mail
    self.server = server
    self.configuration = configuration
    super.init(with: easy, within: mail.timeout, to: configuration.addresses)
  }

  // MARK: - Setting up

  /// Throws `.invalid`.
  static func check(_ mail: OutboundMail) throws(MailFailure) {
    for (name, address) in [("sender", mail.sender), ("recipient", mail.recipient)] {
      let isPlain = address.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "<") && $0 != UInt8(ascii: ">") }
      guard isPlain, address.utf8.count <= 254, address.split(separator: "@", omittingEmptySubsequences: false).count == 2,
        !address.hasPrefix("@"), !address.hasSuffix("@")
      else { throw .invalid("the \(name) is no address in printable ASCII") }
    }
    guard mail.message.count <= messageLimit else { throw .invalid("longer than \(messageLimit) bytes") }
  }

  override func setUp() {
    easy.set(CURLOPT_URL, server.url(ownName: String(mail.sender.split(separator: "@").last ?? "")))
    easy.set(CURLOPT_PROTOCOLS_STR, "smtp,smtps")
    setConnection(timeout: mail.connectTimeout, configuration)
    setEncryption()
    if let username = server.username {
      easy.set(CURLOPT_USERNAME, username)
      easy.set(CURLOPT_PASSWORD, server.password ?? "")
    }
    easy.set(CURLOPT_MAIL_FROM, "<\(mail.sender)>")
    easy.setList(CURLOPT_MAIL_RCPT, ["<\(mail.recipient)>"])
    easy.setUpload(of: mail.message.count)
  }

  private func setEncryption() {
    switch server.encryption {
    case .implicit: break
    case .required: easy.set(CURLOPT_USE_SSL, Int(CURLUSESSL_ALL.rawValue))
    case .optional:
      easy.set(CURLOPT_USE_SSL, Int(CURLUSESSL_TRY.rawValue))
      easy.set(CURLOPT_SSL_VERIFYPEER, 0)
      easy.set(CURLOPT_SSL_VERIFYHOST, 0)
    case .off: easy.set(CURLOPT_USE_SSL, Int(CURLUSESSL_NONE.rawValue))
    }
  }

  // MARK: - Outcome

  override func end(_ code: CURLcode) { failure = code == CURLE_OK ? nil : failure(of: code) }

  override func end(_ failure: OutboundFailure) {
    switch failure {
    case .cancelled, .closed: self.failure = .interrupted
    default: self.failure = .unreachable("\(failure)")
    }
  }

  /// An answer to MAIL, RCPT or DATA is libcurl's send error; to the message itself, an error after all of it was sent. What the server
  /// says before that is about the session, and so is the demand to log in (RFC 4954 section 6).
  private func failure(of code: CURLcode) -> MailFailure {
    let isOfTheMail = code == CURLE_SEND_ERROR || (sent == mail.message.count && code != CURLE_OPERATION_TIMEDOUT)
    if isOfTheMail, (400...599).contains(reply.code), ![421, 530, 534, 535, 538].contains(reply.code) {
      return reply.code < 500 ? .postponed(reply.text) : .refused(reply.text)
    }
    let message = easy.message(for: code)
    let detail = connectionFailure(code, message)?.description ?? message
    return .unreachable(reply.code >= 400 ? "\(detail) (\(reply.text))" : detail)
  }

  // MARK: - Called by libcurl

  /// A line of a reply (RFC 5321 section 4.2.1). After a refusal libcurl still says QUIT; the 221 to it says nothing.
  override func receive(header line: UnsafeRawBufferPointer) -> Bool {
    let text = unsafe String(decoding: line.prefix(Self.replyLimit), as: UTF8.self)
    guard let code = Int(text.prefix(3)), code != 221 else { return true }
    let words = text.split { $0.isWhitespace || $0.unicodeScalars.contains { $0.value < 0x20 } }
    reply = (code, words.map { $0.contains("@") ? "(address)" : String($0) }.joined(separator: " "))
    return true
  }

  override func supply(_ target: UnsafeMutableRawBufferPointer) -> Int {
    let count = min(target.count, mail.message.count - sent)
    unsafe target.copyBytes(from: mail.message[sent..<(sent + count)])
    sent += count
    return count
  }
}
