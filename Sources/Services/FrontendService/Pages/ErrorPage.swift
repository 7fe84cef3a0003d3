public import HTTPServer
import HTTPTypes
import ServiceRuntime
import StatusModel

extension Frontend {
  /// What went wrong as a page of the site, for those who asked for one; programs get the problem in JSON.
  public func page(for error: any Error, _ request: Request) async -> Response? {
    guard Self.wantsPage(request) else { return nil }
    let problem = Response.problem(error)
    let visitor = await visitor(request)
    let model = Self.errorPage(problem.status.code, error as? Failure, setting(request, visitor), cid: CorrelationID.current)
    var answer = renderer.answer(model, status: problem.status)
    for name in [HTTPField.Name.allow, .retryAfter, .wwwAuthenticate] { answer.headerFields[name] = problem.headerFields[name] }
    return answer
  }

  static func errorPage(_ status: Int, _ failure: Failure?, _ setting: PageContext, cid: String) -> MessagePage {
    let strings = setting.strings
    let known = strings.texts["error_\(status)"] == nil ? 500 : status
    var paragraphs = [strings("error_\(known)_advice")]
    if let failure, failure != .defect, known != 404 { paragraphs.insert(setting.explained(failure), at: 0) }
    return MessagePage(
      setting, path: "", style: status == 404 ? "unknown" : status < 500 ? "degraded" : "major", heading: strings("error_\(known)"),
      paragraphs: paragraphs, reference: cid.isEmpty ? nil : cid, others: [.init(name: strings("to_status"), href: setting.links.home)])
  }

  /// Documents and what every service answers are for programs.
  static func wantsPage(_ request: Request) -> Bool {
    let programs = ["/api/", "/health", "/v1/", "/ready", "/metrics", "/prom", "/swagger", "/wadl", "/live"]
    if programs.contains(where: { request.path.hasPrefix($0) }) { return false }
    guard let accepted = request.header(.accept) else { return true }
    return accepted.contains("text/html") || !accepted.contains("json")
  }
}
