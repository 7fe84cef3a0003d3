import HTTPServer
import HTTPTypes
import Signing
import StatusModel

/// The style sheet, the script and the icon, each under a name that changes with its content, so that browsers keep them for a year.
struct Assets: Sendable {
  let style: String
  let script: String
  let icon: String
  /// By the last part of the path.
  let files: [String: Prepared]
  /// For a static copy.
  let bytes: [String: [UInt8]]

  static let shared = Assets()

  private init() {
    let sheets = [Embedded.baseCss, Embedded.statusCss, Embedded.formsCss, Embedded.workCss].joined()
    var files: [String: Prepared] = [:]
    var kept: [String: [UInt8]] = [:]
    func add(_ stem: String, _ ending: String, _ type: String, _ text: String) -> String {
      let bytes = Array(text.utf8)
      let tag = String(SHA256.hex(bytes).prefix(12))
      let name = "\(stem)-\(tag).\(ending)"
      let fields: HTTPFields = [.cacheControl: "public, max-age=31536000, immutable", .xContentTypeOptions: "nosniff"]
      files[name] = Prepared(bytes, contentType: type, tag: tag, headerFields: fields)
      kept[name] = bytes
      return Links.asset(name)
    }
    style = add("site", "css", "text/css; charset=utf-8", sheets)
    script = add("site", "js", "text/javascript; charset=utf-8", Embedded.siteJs)
    icon = add("favicon", "svg", "image/svg+xml", Embedded.faviconSvg)
    self.files = files
    bytes = kept
  }
}
