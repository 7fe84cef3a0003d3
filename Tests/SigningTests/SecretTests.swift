import Glibc
import Signing
import Testing

@Suite struct SecretTests {
  @Test func `a UUID is version 4 in lower case`() {
    for _ in 0..<2000 {
      let text = UUIDText.random()
      let characters = Array(text)
      #expect(UUIDText.isValid(text) && text == text.lowercased())
      #expect(characters[14] == "4" && "89ab".contains(characters[19]))
    }
  }

  @Test func `randomness drawn from many tasks never repeats`() async {
    let drawn = await withTaskGroup(of: [String].self) { group in
      for _ in 0..<8 { group.addTask { (0..<2000).map { _ in UUIDText.random() } } }
      return await group.reduce(into: [String]()) { $0 += $1 }
    }
    #expect(Set(drawn).count == 16_000)
    #expect(SecureRandom.bytes(0).isEmpty && SecureRandom.bytes(5000).count == 5000)
    #expect(SecureRandom.bytes(5000).suffix(64) != ArraySlice(repeating: 0, count: 64))
  }

  @Test(arguments: [
    "", "6f4703db-79b4-495e-b1d1-bdc0fcfe3d7", "6f4703db-79b4-495e-b1d1-bdc0fcfe3d777", "6f4703db79b4-495e-b1d1-bdc0fcfe3d77-",
    "6f4703dg-79b4-495e-b1d1-bdc0fcfe3d77", "{f4703db-79b4-495e-b1d1-bdc0fcfe3d7}",
  ])
  func `what is no UUID`(text: String) { #expect(!UUIDText.isValid(text)) }

  @Test(arguments: SecretToken.Kind.allCases)
  func `a token says its kind and holds 256 bits`(kind: SecretToken.Kind) throws {
    let token = SecretToken.make(kind)
    #expect(token.hasPrefix(kind.prefix) && token != SecretToken.make(kind))
    let secret = String(token.dropFirst(kind.prefix.count))
    if kind == .webhookSecret { #expect(try #require(Base64.decoded(secret)).count == 32) } else { #expect(secret.utf8.count == 64) }
    #expect(SecretToken.hash(token) == SHA256.hex(token))
    #expect(SecretToken.redacted("before \(token) after") == "before \(kind.prefix) after")
  }

  @Test(arguments: [
    ("/links/psl_abc123/confirm", "/links/psl_/confirm"),
    ("?token=psu_0f-9_Z&x=1", "?token=psu_&x=1"),
    (#"{"secret":"whsec_a\/b+c==","n":1}"#, #"{"secret":"whsec_","n":1}"#),
    ("whsec_a%2Fb%3D", "whsec_"),
    ("psu_apsk_b psa_c", "psu_ psa_"),
    ("xpsk_secret", "xpsk_"),
    ("Bearer psk_é", "Bearer psk_é"),
    ("psu_", "psu_"),
    ("no secret, a_b psX_c", "no secret, a_b psX_c"),
    ("", ""),
  ])
  func `secrets are cut out of a text`(text: String, redacted: String) {
    #expect(SecretToken.redacted(text) == redacted)
    #expect(SecretToken.redacted(Array(text.utf8)) == Array(redacted.utf8))
    #expect(SecretToken.redacted(redacted) == redacted)
  }
}

@Suite struct PasswordTests {
  @Test func `a password is verified by its hash`() throws {
    let hash = try PasswordHash.make("correct horse é", cost: 4)
    #expect(hash.hasPrefix("$2b$04$") && hash.utf8.count == 60)
    #expect(hash != (try PasswordHash.make("correct horse é", cost: 4)))
    #expect(PasswordHash.verify("correct horse é", against: hash))
    #expect(!PasswordHash.verify("correct horse e", against: hash))
    #expect(!PasswordHash.verify("", against: hash))
  }

  @Test func `the usual cost is 12`() throws { #expect(try PasswordHash.make("x").hasPrefix("$2b$12$")) }

  /// A hash made by another implementation (the test suite of Openwall's crypt_blowfish).
  @Test func `a published hash`() {
    #expect(PasswordHash.verify("U*U", against: "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"))
  }

  @Test func `72 bytes count and no more are taken`() throws {
    let longest = String(repeating: "a", count: 71)
    let hash = try PasswordHash.make(longest + "b", cost: 4)
    #expect(!PasswordHash.verify(longest + "c", against: hash))
    #expect(!PasswordHash.verify(longest + "bc", against: hash))
    #expect(throws: PasswordHash.Problem.tooLong) { try PasswordHash.make(longest + "bc", cost: 4) }
    #expect(throws: PasswordHash.Problem.containsZero) { try PasswordHash.make("a\0b", cost: 4) }
    #expect(!PasswordHash.verify("a\0b", against: try PasswordHash.make("a", cost: 4)))
  }

  @Test func `an unknown account is refused, and as slowly`() throws {
    let hash = try PasswordHash.make("known")
    let known = effort { #expect(!PasswordHash.verify("wrong", against: hash)) }
    let unknown = effort { #expect(!PasswordHash.verify("wrong", against: nil)) }
    let tooLong = effort { #expect(!PasswordHash.verify(String(repeating: "x", count: 100), against: hash)) }
    #expect(unknown > known / 3 && known > unknown / 3 && tooLong > known / 3, "\(known), \(unknown), \(tooLong)")
  }

  /// CPU time of this thread: other work on the machine does not count.
  private func effort(_ body: () -> Void) -> Double {
    func now() -> Double {
      var time = timespec()
      unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
      return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
    let begun = now()
    body()
    return now() - begun
  }

  @Test(arguments: ["", "*0", "plain", "$1$abc$def", "$2b$12$short"])
  func `what is no hash verifies nothing`(hash: String) { #expect(!PasswordHash.verify("plain", against: hash)) }
}
