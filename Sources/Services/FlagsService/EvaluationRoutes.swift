import HTTPServer
import HTTPTypes
import JSONBytes
import ServiceRuntime
import Signing
import StatusModel

// Asking: the contract's `GET /flags`, and OpenFeature's remote evaluation protocol (OFREP 0.3). Nothing here leaves the process.

extension Flags {
  var evaluationRoutes: [ServiceRoute] {
    let (one, all) = ("/ofrep/v1/evaluate/flags/{key}", "/ofrep/v1/evaluate/flags")
    return [
      ServiceRoute(.post, one, .everyone, bodyLimit: Bounds.contextBytes, evaluate),
      ServiceRoute(.options, one, .everyone, preflight),
      ServiceRoute(.post, all, .everyone, bodyLimit: Bounds.contextBytes, evaluateAll),
      ServiceRoute(.options, all, .everyone, preflight),
      ServiceRoute(.get, FlagEvents.path, .everyone, events.answer),
    ]
  }

  func flags(_ request: Request) async throws -> Response {
    let items = request.query.items
    var query = FieldReader(JSONObject(items.reversed().map { ($0.name, .string($0.value)) }))
    _ = (query.string("user", 1...200), query.string("role", 1...200))
    try query.check()
    let (snapshot, context) = (try memory.snapshot, EvaluationContext(query: items))
    let seesAll = Caller.current.seesAllFlags
    var bytes: [UInt8] = [UInt8(ascii: "{")]
    for flag in snapshot.ordered where seesAll || flag.definition.isPublic {
      if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
      flag.appendContract(snapshot.evaluate(flag, for: context), to: &bytes)
    }
    bytes.append(UInt8(ascii: "}"))
    return Response(headerFields: OFREP.fields, body: .bytes(bytes)).compressed(for: request)
  }

  private func evaluate(_ request: Request) async throws -> Response {
    let key = request.parameters["key"] ?? ""
    do {
      let context = try OFREP.context(of: request)
      let snapshot = try await snapshot(for: request)
      guard let flag = snapshot.flags[key], flag.definition.isPublic || Caller.current.seesAllFlags else {
        throw OFREP.Refusal.flagNotFound
      }
      var bytes: [UInt8] = []
      flag.appendOFREP(snapshot.evaluate(flag, for: context), to: &bytes)
      return Response(headerFields: OFREP.fields, body: .bytes(bytes))
    } catch let refusal as OFREP.Refusal {
      return refusal.response(key: key)
    }
  }

  private func evaluateAll(_ request: Request) async throws -> Response {
    let context: EvaluationContext
    do { context = try OFREP.context(of: request) } catch let refusal as OFREP.Refusal { return refusal.response(key: nil) }
    let snapshot = try await snapshot(for: request)
    let seesAll = Caller.current.seesAllFlags
    var bytes = Array(#"{"flags":["#.utf8)
    bytes.reserveCapacity(128 * snapshot.ordered.count + 256)
    for flag in snapshot.ordered where seesAll || flag.definition.isPublic {
      if bytes.last == UInt8(ascii: "}") { bytes.append(UInt8(ascii: ",")) }
      flag.appendOFREP(snapshot.evaluate(flag, for: context), to: &bytes)
    }
    bytes.append(contentsOf: "],\(FlagEvents.streams)}".utf8)
    var answer = Response(headerFields: OFREP.fields, body: .bytes(bytes))
    let tag = "\"\(SHA256.hex(bytes).prefix(32))\""
    answer.headerFields[.eTag] = tag
    if let known = request.header(.ifNoneMatch), Response.matches(known, tag), !OFREP.names(anotherRevisionThan: snapshot, request) {
      answer.status = .notModified
      answer.headerFields[.contentType] = nil
      answer.body = .none
    }
    return answer.compressed(for: request)
  }

  /// What a browser asks before it posts (Fetch standard, CORS preflight).
  private func preflight(_ request: Request) -> Response { Response(status: .noContent, headerFields: OFREP.preflightFields) }

  /// The flags in memory; for who was told of a later revision, as soon as that has come here.
  private func snapshot(for request: Request) async throws(Failure) -> Snapshot {
    let snapshot = try memory.snapshot
    guard let wanted = OFREP.revision(of: request), wanted > snapshot.revision else { return snapshot }
    await memory.reach(wanted)
    return try memory.snapshot
  }
}

extension Caller {
  /// Whoever is known: a person, a signed application, a key of scope flags. Others see public flags.
  fileprivate var seesAllFlags: Bool {
    person != nil || application.map { isSigned || $0.scopes.contains(.flags) } ?? false
  }
}

/// OpenFeature's remote evaluation protocol: what its requests and answers have in common.
enum OFREP {
  /// Of every answer: pages of any origin may read it.
  static let fields: HTTPFields = [
    .contentType: "application/json", .accessControlAllowOrigin: "*", .accessControlExposeHeaders: "ETag, Retry-After, X-CID",
  ]

  static let preflightFields: HTTPFields = [
    .accessControlAllowOrigin: "*", .accessControlAllowMethods: "POST, OPTIONS", .accessControlMaxAge: "86400",
    .accessControlAllowHeaders: "Authorization, Content-Type, If-None-Match, X-API-Key, X-CID", .allow: "POST, OPTIONS",
  ]

  /// Why nothing could be evaluated, by the codes of OpenFeature.
  struct Refusal: Error {
    let status: HTTPResponse.Status
    let code: String
    let details: String

    static let flagNotFound = Refusal(
      status: .notFound, code: "FLAG_NOT_FOUND", details: "There is no flag with this key, or it is not public.")

    /// `key` nil: of a bulk evaluation.
    func response(key: String?) -> Response {
      var object = JSONObject([("errorCode", .string(code)), ("errorDetails", .string(details))])
      if let key { object["key"] = .string(key) }
      return Response(status: status, headerFields: OFREP.fields, body: .bytes(JSONValue.object(object).bytes))
    }
  }

  /// The request's context; nothing at all counts as an empty one. Throws `Refusal`, `Failure.unsupportedMedia`.
  static func context(of request: Request) throws -> EvaluationContext {
    if request.body.isEmpty { return EvaluationContext(JSONObject()) }
    let body: JSONObject
    do { body = try request.jsonObject() } catch .malformed(let detail) {
      throw Refusal(status: .badRequest, code: "PARSE_ERROR", details: detail)
    }
    guard let given = body["context"], given != .null else { return EvaluationContext(JSONObject()) }
    guard let context = given.object else { throw invalid("context must be an object") }
    if let key = context["targetingKey"], key.string == nil { throw invalid("context.targetingKey must be a string") }
    return EvaluationContext(context)
  }

  private static func invalid(_ details: String) -> Refusal {
    Refusal(status: .badRequest, code: "INVALID_CONTEXT", details: details)
  }

  /// The tag of all flags at a revision, as events tell it.
  static func tag(of revision: Int) -> String { "\"r\(revision)\"" }

  /// What `flagConfigEtag` names; nil when it is absent or none of ours.
  static func revision(of request: Request) -> Int? {
    guard request.rawQuery != nil, let tag = request.query["flagConfigEtag"] else { return nil }
    let bare = tag.filter { $0 != "\"" }
    return bare.hasPrefix("r") ? Int(bare.dropFirst()) : nil
  }

  /// Then the answer is sent whole, whatever the client has.
  static func names(anotherRevisionThan snapshot: Snapshot, _ request: Request) -> Bool {
    guard request.rawQuery != nil, let tag = request.query["flagConfigEtag"] else { return false }
    return tag != OFREP.tag(of: snapshot.revision)
  }
}
