import HTTPServer
import HTTPTypes
import JSONBytes
import ServiceClients
import ServiceRuntime
import StatusModel

/// Flags: what is on, switching, why somebody gets what, and who changed it.
extension Frontend {
  var flagRoutes: [ServiceRoute] {
    [
      ServiceRoute(.get, "/dashboard/flags", .everyone, page(.sre, flagList)),
      ServiceRoute(.get, "/dashboard/flags/{flag}", .everyone, page(.sre, flag)),
      ServiceRoute(.post, "/dashboard/flags/{flag}/toggle", .everyone, bodyLimit: Self.formLimit, action(.sre, toggle)),
    ]
  }

  private func flagList(_ request: Request, _ desk: Desk) async -> ListPage {
    .flags(await Part.read { try await flags.flags() }, words: request.query["q"] ?? "", desk)
  }

  private func flag(_ request: Request, _ desk: Desk) async throws -> FlagPage {
    try await flagPage(request, desk)
  }

  private func flagPage(_ request: Request, _ desk: Desk) async throws -> FlagPage {
    let id = request.parameters["flag"] ?? ""
    let asked = FlagQuestion(request.query)
    async let found = Part.read { try await flags.flag(id) }
    async let history = Part.read { try await flags.history(of: id) }
    async let explanation = asked.isEmpty ? .closed : Part.read { try await flags.explain(id, asked.context) }
    let flag = await found
    if let failure = flag.failure { throw failure }
    guard let known = flag.value else { throw Failure.defect }
    return await FlagPage(known, history, asked, explanation, desk)
  }

  /// Back to where the switch was.
  private func toggle(_ request: Request, _ form: Submission, _ desk: Desk) async throws -> Response {
    let id = request.parameters["flag"] ?? ""
    do throws(Failure) { try await flags.toggle(id, on: form["on"] == "true", version: Int(form["version"])) } catch {
      return try await refused(error, form) { setting in
        try await flagPage(request, Desk(person: desk.person, setting: setting, now: desk.now))
      }
    }
    return done(form["on"] == "true" ? "switched_on" : "switched_off", Links.local(form["next"], else: desk.links.flag(id)))
  }
}

/// Whom a flag is explained for: `targetingKey` and attributes, as `country=FR` on lines.
struct FlagQuestion: Sendable {
  let user: String
  let attributes: String

  init(_ query: Query) {
    user = Submission.trimmed(query["user"] ?? "")
    attributes = query["attributes"] ?? ""
  }

  var isEmpty: Bool { user.isEmpty && attributes.isEmpty }

  /// As OFREP has it; numbers and truth are what they look like.
  var context: JSONValue {
    var context = JSONObject(user.isEmpty ? [] : [("targetingKey", .string(user))])
    for line in attributes.split(whereSeparator: { $0.isNewline || $0 == "," }) {
      let parts = line.split(separator: "=", maxSplits: 1).map { Submission.trimmed($0) }
      guard parts.count == 2, !parts[0].isEmpty else { continue }
      let value = (try? JSONValue(parsing: parts[1])).flatMap { $0.number != nil || $0.bool != nil ? $0 : nil }
      context[parts[0]] = value ?? .string(parts[1])
    }
    return .object(context)
  }
}
