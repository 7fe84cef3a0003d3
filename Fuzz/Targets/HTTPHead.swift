@testable import HTTPServer
import HTTPTypes

/// Small, so that inputs reach them.
let smallLimits: Limits = {
  var limits = Limits()
  limits.headBytes = 512
  limits.targetBytes = 128
  limits.fields = 8
  limits.bodyBytes = 256
  limits.chunkExtensionBytes = 16
  limits.trailerBytes = 64
  return limits
}()

/// A head is found and read the same however it comes and whatever stands around it; what is taken keeps to the grammar.
func fuzzHTTPHead(_ bytes: [UInt8]) {
  let found = find(bytes, step: max(1, bytes.count))
  expect(find(bytes, step: 1) == found, "byte by byte it is another head")
  expect(find(bytes, step: 1 + choice(bytes, below: max(1, bytes.count))) == found, "in two parts it is another head")
  guard case .end(let length) = found else { return }
  let alone = ReadHead(Array(bytes[..<length]), 0..<length)
  let before: [UInt8] = [0x0D, 0x20, 0x41]
  let inside = ReadHead(before + bytes + [0x41, 0x0D, 0x0A], before.count..<before.count + length)
  expect(alone == inside, "what stands around it changes a head: \(alone) and \(inside)")
  guard case .success(let head) = alone.result else { return }
  expectGrammar(bytes[..<length], head)
  let again = ReadHead(head.written, 0..<head.written.count)
  expect(again == alone, "written and read again it is another head: \(alone) and \(again)")
}

private enum Found: Equatable {
  case end(Int)
  case more
  case refused(String)
}

private func find(_ bytes: [UInt8], step: Int) -> Found {
  var scanned = 0
  var come: [UInt8] = []
  while come.count < bytes.count {
    come += bytes[come.count..<min(come.count + step, bytes.count)]
    do throws(Refusal) {
      if let length = try RequestHeadParser.end(in: come, from: 0, scanned: &scanned, limits: smallLimits) { return .end(length) }
    } catch { return .refused(error.detail) }
  }
  return .more
}

/// What a head says, without where it stood.
struct ReadHead: Equatable, CustomStringConvertible {
  struct Head: Equatable {
    let method: HTTPRequest.Method
    let path: String
    let query: String?
    let isHTTP10, keepsAlive, expectsContinue: Bool
    let framing: RequestHead.Framing
    let names: [String]
    let values: [[UInt8]]

    init(_ head: RequestHead) {
      method = head.method
      path = head.text(head.path)
      query = head.query.map(head.text)
      isHTTP10 = head.isHTTP10
      keepsAlive = head.keepsAlive
      expectsContinue = head.expectsContinue
      framing = head.framing
      names = head.fields.map { head.text($0.name) }
      values = head.fields.map { Array(head.bytes[$0.value]) }
    }

    /// In the one plain spelling; a path that can only stand in an absolute address gets one.
    var written: [UInt8] {
      let target = (path.hasPrefix("/") || path == "*" ? path : "http://a\(path)") + (query.map { "?\($0)" } ?? "")
      var text = Array("\(method.rawValue) \(target) HTTP/1.\(isHTTP10 ? 0 : 1)\r\n".utf8)
      for (name, value) in zip(names, values) { text += Array("\(name): ".utf8) + value + [0x0D, 0x0A] }
      return text + [0x0D, 0x0A]
    }
  }

  let result: Result<Head, Refusal>

  init(_ bytes: [UInt8], _ range: Range<Int>) {
    result = Result { () throws(Refusal) in Head(try RequestHeadParser.parse(bytes, range, limits: smallLimits)) }
  }

  var description: String { "\(result)" }
  static func == (left: Self, right: Self) -> Bool { left.description == right.description }
}

private let routes = RouteTable(
  ["/a", "/a/{id}", "/a/{id}/b", "/a/b/{id}"].map { Route(.get, $0) { _ in Response(status: .noContent) } }, middleware: [])

/// What RFC 9112 says of every head, looked at without the parser.
private func expectGrammar(_ bytes: ArraySlice<UInt8>, _ head: ReadHead.Head) {
  for (index, byte) in zip(bytes.indices, bytes) {
    switch byte {
    case 0x0D: expect(index + 1 < bytes.endIndex && bytes[index + 1] == 0x0A, "a bare CR is taken")
    case 0x0A: expect(index > bytes.startIndex && bytes[index - 1] == 0x0D, "a bare LF is taken")
    default: expect(byte == 0x09 || byte >= 0x20 && byte != 0x7F, "the control character \(byte) is taken")
    }
  }
  let names = head.names.map { $0.lowercased() }
  let hosts = names.count { $0 == "host" }
  expect(hosts == 1 || hosts == 0 && head.isHTTP10, "\(hosts) Host fields are taken")
  let lengths = names.count { $0 == "content-length" }
  let codings = names.count { $0 == "transfer-encoding" }
  expect(lengths + codings <= 1, "\(lengths) lengths and \(codings) transfer codings are taken")
  switch head.framing {
  case .none: expect(lengths + codings == 0, "a body is not seen")
  case .length(let length): expect(lengths == 1 && length >= 0, "a length of \(length) comes from nowhere")
  case .chunked: expect(codings == 1 && !head.isHTTP10, "chunks come from nowhere")
  }
  expect(head.path.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }, "the path \(head.path.debugDescription) is taken")
  expect(head.path.isEmpty || head.path.hasPrefix("/") || head.path == "*" && head.method == .options, "the path \(head.path) is taken")
  _ = Query(head.query ?? "")
  let parameters = routes.match(head.method, head.path).parameters
  expect(parameters["id"] != "", "an empty segment is taken for a parameter")
}
