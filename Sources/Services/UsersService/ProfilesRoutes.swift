import HTTPServer
import HTTPTypes
import JSONBytes
import ServiceClients
import ServiceRuntime
import Signing
import StatusModel

extension Users {
  var profileRoutes: [ServiceRoute] {
    [
      ServiceRoute(.get, "/api/v2/profile/personal/{id}", .viewer, profile),
      ServiceRoute(.put, "/api/v2/profile/personal/{id}", .viewer, saveProfile),
      ServiceRoute(.get, "/api/v2/profile/personal/{language}/{id}", .viewer, profile),
      ServiceRoute(.put, "/api/v2/profile/personal/{language}/{id}", .viewer, saveProfile),
      ServiceRoute(.get, "/api/v2/profile/picture/{id}", .viewer, picture),
      ServiceRoute(.put, "/api/v2/profile/picture/{id}", .viewer, savePicture),
      ServiceRoute(.delete, "/api/v2/profile/picture/{id}", .viewer, deletePicture),
      ServiceRoute(.get, "/api/v2/profile/realization/all", .viewer, realizations),
      ServiceRoute(.get, "/api/v1/search/all", .viewer, search),
    ]
  }

  private func profile(_ request: Request) async throws -> Response {
    try await answer(request.parameters["id"] ?? "", in: try request.language())
  }

  private func answer(_ id: String, in language: String?) async throws -> Response {
    guard let profile = try await store.profile(id) else { throw Failure.notFound("There is no such user.") }
    return .json(profile.json(in: language, seesWebhook: ProfileRules.seesWebhook(of: id, Caller.current)), version: profile.version)
  }

  private func saveProfile(_ request: Request) async throws -> Response {
    let id = request.parameters["id"] ?? ""
    try UsersRules.checkMayChange(id, by: Caller.current)
    let language = try request.language()
    var body = try request.fields()
    guard let current = try await store.user(id) else { throw Failure.notFound("There is no such user.") }
    let fields = body.profile(in: try language ?? current.language)
    try body.check()
    try await store.saveProfile(id, fields, expected: request.expectedVersion)
    return try await answer(id, in: language)
  }

  private func picture(_ request: Request) async throws -> Response {
    guard let (picture, tag) = try await store.picture(request.parameters["id"] ?? "") else {
      throw Failure.notFound("There is no such user, or no picture of them.")
    }
    let asJSON = request.header(.accept)?.contains("application/json") ?? false
    let shown: JSONValue = ["b64Content": .string(asJSON ? Base64.encoded(picture.bytes) : ""), "mimeType": .string(picture.type.rawValue)]
    var answer = asJSON ? Response.json(shown.bytes) : Response(contentType: picture.type.rawValue, picture.bytes)
    answer.headerFields[.eTag] = "\"\(tag)\(asJSON ? "-json" : "")\""
    answer.headerFields[.cacheControl] = "private, no-cache"
    answer.headerFields[.vary] = "Accept"
    answer.headerFields[.xContentTypeOptions] = "nosniff"
    return answer
  }

  private func savePicture(_ request: Request) async throws -> Response {
    let id = request.parameters["id"] ?? ""
    try UsersRules.checkMayChange(id, by: Caller.current)
    let picture: Picture
    do throws(PictureProblem) { picture = try Picture(reading: request.body) } catch { throw Failure.malformed(error.text) }
    try await store.savePicture(id, picture)
    return Response(status: .noContent)
  }

  private func deletePicture(_ request: Request) async throws -> Response {
    let id = request.parameters["id"] ?? ""
    try UsersRules.checkMayChange(id, by: Caller.current)
    try await store.savePicture(id, nil)
    return Response(status: .noContent)
  }

  private func search(_ request: Request) async throws -> Response {
    let page = try request.page()
    var query = request.queryFields
    _ = query.optionalChoice("usecase", ["people", "perso"])
    let language = query.language("lng")
    try query.check()
    let found = try await store.searchProfiles(
      UserFilter.all(of: request.query), startIndex: page.startIndex, maxResults: page.maxResults)
    let results = found.found.map { $0.json(in: language, seesWebhook: false) }
    return .results(results, page: page, total: found.total)
  }

  private func realizations(_ request: Request) async throws -> Response {
    let page = try request.page()
    var query = request.queryFields
    let id = query.string("profileId", 1...64)
    _ = query.language("lng")
    try query.check()
    guard try await store.user(id) != nil else { throw Failure.notFound("There is no such user.") }
    let found = try await Realizations(incidents: IncidentsClient(node.neighbours)).page(page, of: id)
    return .results(found.items, page: page, total: found.total)
  }
}

extension ProfileRules {
  /// Who may change the profile, and comms, which calls it.
  static func seesWebhook(of id: String, _ caller: Caller) -> Bool {
    UsersRules.isAdmin(caller) || caller.person?.id == id
      || caller.person == nil && caller.isSigned && caller.application?.service == .comms
  }
}

extension UserRecord {
  /// The person's own.
  fileprivate var language: String {
    get throws(Failure) {
      guard let language = (try? JSONValue(parsing: json))?["language"]?.string else { throw .defect }
      return language
    }
  }
}

extension Request {
  fileprivate var queryFields: FieldReader {
    FieldReader(JSONObject(query.items.reversed().map { ($0.name, .string($0.value)) }))
  }

  /// Of the path; nil when it has none. Throws `invalid`.
  fileprivate func language() throws(Failure) -> String? {
    guard let language = parameters["language"] else { return nil }
    if let problem = UsersRules.problem(withLanguage: language) { throw .invalid("language", problem) }
    return language
  }
}

extension Response {
  /// A page of a search.
  fileprivate static func results(_ items: [[UInt8]], page: Page, total: Int) -> Response {
    var bytes = Array(#"{"startIndex":\#(page.startIndex),"maxResults":\#(page.maxResults),"totalResults":\#(total),"results":["#.utf8)
    bytes.append(contentsOf: items.joined(separator: [UInt8(ascii: ",")]))
    bytes.append(contentsOf: "]}".utf8)
    return .json(bytes)
  }
}
