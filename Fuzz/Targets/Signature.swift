import Signing

/// A header that is read can be written and read again; one that verifies was signed with the secret for just this request.
func fuzzSignature(_ bytes: [UInt8]) {
  let header = String(decoding: bytes, as: UTF8.self)
  expectLinearTime(bytes) { long in
    _ = try? RequestSignature(parsing: String(decoding: long.prefix(RequestSignature.maximumHeaderBytes), as: UTF8.self))
  }
  guard let signature = try? RequestSignature(parsing: header) else { return }
  expect(RequestSignature.isSigned(header: header), "a header that is read is not of the scheme")
  let written = signature.header
  guard let again = try? RequestSignature(parsing: written) else { fatalError("what was written cannot be read: \(written)") }
  expect(again == signature && again.header.utf8.elementsEqual(written.utf8), "read \(written) back as \(again.header)")
  let reversed = "Auth " + written.dropFirst(6).split(separator: "&").reversed().joined(separator: "&")
  expect((try? RequestSignature(parsing: reversed)) == signature, "the order of the parameters counts: \(reversed)")
  expect((try? RequestSignature(parsing: written + "&auth_token=" + signature.token)) == nil, "a repeated parameter is taken")
  checkVerification(of: signature)
}

/// The application of the headers in the corpus, and what they are for.
private let application = RequestSignature.Application(appid: "XXXXXXX", strict: false)
private let env = "YYYY"
private let uri = "/v1/search/all?startIndex=0&maxResults=10&usecase=perso"
private let content = RequestSignature.Content(method: "GET")
private let now: Int64 = 1_767_225_600_000

private func checkVerification(of signature: RequestSignature) {
  guard let verified = try? signature.verify(target: uri, content: content, application: application, env: env, now: now) else { return }
  let genuine = RequestSignature(
    signing: uri, content: content, appid: application.appid, env: env, now: signature.timestamp, token: signature.token)
  expect(verified.coversContent == (signature.contentSignature != nil), "what is covered is wrong")
  expect(signature.contentSignature.map { $0 == genuine.contentSignature } ?? true, "a false content signature holds")
  expect(signature.signature == genuine.signature && signature.callback == uri, "a false signature holds")
  expect(verified.replayKey == "\(genuine.consumerKey):\(signature.token)", "the replay key is not the one of the token")
}
