import JSONBytes

/// The service's routes as WADL (W3C member submission of 2009), made from its OpenAPI document.
struct WADL {
  private let document: JSONValue
  private let base: String

  init(_ document: JSONValue) {
    self.document = document
    base = document["servers"]?[0]?["url"]?.string ?? "/"
  }

  var text: String {
    let resources = (document["paths"]?.object?.members ?? []).map(resource).joined()
    return """
      <?xml version="1.0" encoding="UTF-8"?>
      <application xmlns="http://wadl.dev.java.net/2009/02" xmlns:xsd="http://www.w3.org/2001/XMLSchema">
      <doc title="\(Markup.escaped(document["info"]?["title"]?.string ?? ""))"/>
      <resources base="\(Markup.escaped(base))">
      \(resources)</resources>
      </application>

      """
  }

  private func resource(_ path: JSONObject.Member) -> String {
    let shared = path.value["parameters"]?.array ?? []
    let methods = ["get", "post", "put", "patch", "delete"].compactMap { name in path.value[name].map { method(name, $0) } }.joined()
    let templates = shared.map(resolved).filter { $0["in"]?.string == "path" }.map(parameter).joined()
    return "<resource path=\"\(Markup.escaped(String(path.name.drop { $0 == "/" })))\">\n\(templates)\(methods)</resource>\n"
  }

  private func method(_ name: String, _ operation: JSONValue) -> String {
    let parameters = (operation["parameters"]?.array ?? []).map { parameter(resolved($0)) }.joined()
    let body = operation["requestBody"].map(resolved)?["content"]?.object?.members.map { representation($0.name) }.joined() ?? ""
    let answers = (operation["responses"]?.object?.members ?? []).map { answer in
      let content = resolved(answer.value)["content"]?.object?.members.map { representation($0.name) }.joined() ?? ""
      return "<response status=\"\(Markup.escaped(answer.name))\">\(content)</response>\n"
    }
    let request = parameters.isEmpty && body.isEmpty ? "" : "<request>\(parameters)\(body)</request>\n"
    let id = operation["operationId"]?.string.map { " id=\"\(Markup.escaped($0))\"" } ?? ""
    return "<method name=\"\(name.uppercased())\"\(id)>\n\(request)\(answers.joined())</method>\n"
  }

  private func parameter(_ parameter: JSONValue) -> String {
    let style = ["path": "template", "query": "query", "header": "header"][parameter["in"]?.string ?? ""] ?? "plain"
    let type =
      ["integer": "xsd:int", "boolean": "xsd:boolean", "number": "xsd:double"][parameter["schema"]?["type"]?.string ?? ""] ?? "xsd:string"
    let required = parameter["required"]?.bool == true
    return
      "<param name=\"\(Markup.escaped(parameter["name"]?.string ?? ""))\" style=\"\(style)\" type=\"\(type)\" required=\"\(required)\"/>"
  }

  private func representation(_ mediaType: String) -> String { "<representation mediaType=\"\(Markup.escaped(mediaType))\"/>" }
  private func resolved(_ value: JSONValue) -> JSONValue { value.resolved(in: document) }
}
