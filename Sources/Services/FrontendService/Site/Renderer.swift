import HTTPServer
import HTTPTypes
import Mustache
import StatusModel

/// A page's model: the template of the same name shows it.
protocol PageModel: Sendable {
  static var template: String { get }
  var page: Layout { get }
}

/// Makes pages of models.
struct Renderer: Sendable {
  private let library: MustacheLibrary
  let security: SecurityFields

  /// Throws what is wrong with a template.
  init(isHTTPS: Bool) throws {
    library = try Templates.library()
    security = SecurityFields(isHTTPS: isHTTPS)
  }

  func html(_ model: some PageModel) -> String {
    let scene = Scene(model: Mirror(reflecting: model), strings: model.page.lang == "fr" ? Strings.french.texts : Strings.english.texts)
    return library.render(scene, withTemplate: type(of: model).template) ?? ""
  }

  /// A page of this moment and this visitor: nobody keeps it.
  func answer(_ model: some PageModel, status: HTTPResponse.Status = .ok) -> Response {
    var answer = Response(status: status, contentType: SecurityFields.html, Array(html(model).utf8))
    answer.headerFields.append(contentsOf: security.fields)
    answer.headerFields[.cacheControl] = "no-store"
    return answer
  }
}

/// The model with the texts beside it, as `t`.
private struct Scene: MustacheParent {
  let model: Mirror
  let strings: [String: String]

  func child(named name: String) -> Any? {
    if name == "t" { return strings }
    guard let value = model.children.first(where: { $0.label == name })?.value else { return nil }
    let mirror = Mirror(reflecting: value)
    return mirror.displayStyle == .optional ? mirror.children.first?.value : value
  }
}

/// What every page tells the browser not to allow.
struct SecurityFields: Sendable {
  static let html = "text/html; charset=utf-8"
  let fields: HTTPFields

  init(isHTTPS: Bool) {
    var fields: HTTPFields = [
      .contentSecurityPolicy:
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
        + "base-uri 'none'; frame-ancestors 'none'",
      .xContentTypeOptions: "nosniff", .referrerPolicy: "same-origin", .xFrameOptions: "DENY",
    ]
    if isHTTPS { fields[.strictTransportSecurity] = "max-age=31536000" }
    self.fields = fields
  }
}

extension HTTPTypes.HTTPField.Name {
  static let referrerPolicy = Self("Referrer-Policy")!
  static let xFrameOptions = Self("X-Frame-Options")!
}
