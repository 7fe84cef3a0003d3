import OutboundClient
import Testing

@Suite struct MailServerTests {
  @Test(
    arguments: [
      ("smtp://mail.example.org", "mail.example.org", 25, MailServer.Encryption.optional, nil),
      ("smtp://ada:word@mail.example.org", "mail.example.org", 587, .required, "ada"),
      ("smtp://ada%40example.org:p%3A%2F%40@mail.example.org:2525/our.example", "mail.example.org", 2525, .required, "ada@example.org"),
      ("smtps://ada:word@mail.example.org", "mail.example.org", 465, .implicit, "ada"),
      ("smtp://localhost:1025", "localhost", 1025, .off, nil), ("smtp://ada:word@127.0.0.1", "127.0.0.1", 587, .off, "ada"),
      ("smtp://[::1]:1025", "::1", 1025, .off, nil), ("smtp://[2001:db8::1]", "2001:db8::1", 25, .optional, nil),
      ("smtp://mail.example.org?starttls=required&ca=/etc/ca.pem", "mail.example.org", 25, .required, nil),
      ("smtp://ada:word@mail.example.org/?starttls=off", "mail.example.org", 587, .off, "ada"),
    ] as [(String, String, Int, MailServer.Encryption, String?)])
  func `what a URL says`(url: String, host: String, port: Int, encryption: MailServer.Encryption, username: String?) throws {
    let server = try #require(MailServer(url))
    #expect(server.host == host && server.port == port && server.encryption == encryption && server.username == username)
  }

  @Test(arguments: [
    "", "smtp://", "mail.example.org", "http://mail.example.org", "smtp://mail.example.org:0", "smtp://mail.example.org:x",
    "smtp://mail.example.org:99999", "smtp://a b", "smtp://:word@mail.example.org", "smtp://ada:%0d%0a@mail.example.org",
    "smtp://ada:%zz@mail.example.org", "smtp://mail.example.org?starttls=maybe", "smtp://mail.example.org?starttls=implicit",
    "smtps://mail.example.org?starttls=off", "smtp://mail.example.org?ca=relative.pem", "smtp://mail.example.org?tls=1", "smtp://[mail]",
    "smtp://mail_example", "smtp://mail.example.org/a/b",
  ])
  func `is no mail server`(url: String) { #expect(MailServer(url) == nil) }
}
