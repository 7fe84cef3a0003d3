import Signing
import Testing

@Suite struct DigestTests {
  @Test func `SHA-256 of the standard's examples`() {
    #expect(SHA256.hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(SHA256.hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    #expect(SHA256.hex([]) == SHA256.hex(""))
    #expect(Hex.encoded(SHA256.bytes([0x61, 0x62, 0x63])) == SHA256.hex("abc"))
  }

  /// RFC 2202 case 2, RFC 4231 case 2.
  @Test func `HMAC of the RFCs' examples`() {
    let text = "what do ya want for nothing?"
    #expect(Hex.encoded(HMACSHA1.bytes(key: Array("Jefe".utf8), message: Array(text.utf8))) == "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79")
    #expect(
      Hex.encoded(HMACSHA256.bytes(key: "Jefe", message: text)) == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    #expect(HMACSHA1.base64(key: "", message: "") == "+9sdGxiqbAgyS31ktx+3Y3BpDh0=")
  }

  /// The vector of Standard Webhooks 1.0.
  @Test func `a webhook signature`() throws {
    let key = try #require(Base64.decoded("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
    let text = "msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{\"test\": 2432232314}"
    #expect(HMACSHA256.base64(key: key, message: Array(text.utf8)) == "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
  }

  @Test func `equality looks at bytes, not at looks`() {
    #expect(constantTimeEqual("secret", "secret"))
    #expect(!constantTimeEqual("secret", "secreT"))
    #expect(!constantTimeEqual("secret", "secret "))
    #expect(!constantTimeEqual("\u{E9}", "e\u{301}"))
    #expect(constantTimeEqual([UInt8](), []))
    #expect(!constantTimeEqual([1, 2], [1, 3]))
  }

  /// RFC 4648 section 10.
  @Test(arguments: [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
  ])
  func `base64 both ways`(plain: String, text: String) {
    #expect(Base64.encoded(Array(plain.utf8)) == text)
    #expect(Base64.decoded(text) == Array(plain.utf8))
  }

  @Test func `base64 takes every byte`() {
    let bytes = (0...255).map { UInt8($0) }
    #expect(Base64.decoded(Base64.encoded(bytes)) == bytes)
  }

  @Test(arguments: ["Zg", "Zg=", "Z===", "Zh==", "Zm9=", "Zm 9v", "Zm9v\n", "Zm-_", "=Zg=", "Zg==Zg=="])
  func `other spellings of base64 are refused`(text: String) { #expect(Base64.decoded(text) == nil) }
}
