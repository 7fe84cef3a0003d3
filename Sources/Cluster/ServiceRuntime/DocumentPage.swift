import JSONBytes

/// An OpenAPI document as a page a person can read: every operation with its parameters, body and answers, then the schemas.
struct DocumentPage {
  private let document: JSONValue
  private static let methods = ["get", "post", "put", "patch", "delete"]

  init(_ document: JSONValue) { self.document = document }

  var html: String {
    let title = Markup.escaped(document["info"]?["title"]?.string ?? "")
    return """
      <!DOCTYPE html>
      <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>\(title)</title>
      <style>\(Self.style)</style></head>
      <body><main><h1>\(title)</h1><p>\(Markup.escaped(document["info"]?["description"]?.string ?? ""))</p>
      <p>The same as <a href="/swagger.yaml">YAML</a> and <a href="/swagger.json">JSON</a>.</p>
      \(operations)<h2>Schemas</h2>\(schemas)</main></body></html>

      """
  }

  private var operations: String {
    (document["paths"]?.object?.members ?? []).map { path in
      Self.methods.compactMap { method in path.value[method].map { operation(method, path.name, $0, path.value["parameters"]) } }.joined()
    }.joined()
  }

  private func operation(_ method: String, _ path: String, _ operation: JSONValue, _ shared: JSONValue?) -> String {
    let parameters = ((shared?.array ?? []) + (operation["parameters"]?.array ?? [])).map(resolved).map { parameter in
      row(parameter["name"]?.string ?? "", parameter["in"]?.string ?? "", typeText(parameter["schema"]) + about(parameter))
    }
    let body = operation["requestBody"].map(resolved)?["content"]?.object?.members.first.map {
      row("body", $0.name, typeText($0.value["schema"]))
    }
    let answers = (operation["responses"]?.object?.members ?? []).map { answer in
      let content = resolved(answer.value)["content"]?.object?.members.first
      return row(answer.name, content?.name ?? "", text(resolved(answer.value)["description"]) + " " + typeText(content?.value["schema"]))
    }
    return """
      <section><h2><code>\(method.uppercased()) \(Markup.escaped(path))</code></h2><p>\(text(operation["summary"]))</p><p>\(text(operation["description"]))</p>
      <table><tbody>\((parameters + [body].compactMap(\.self) + answers).joined())</tbody></table></section>

      """
  }

  private var schemas: String {
    (document["components"]?["schemas"]?.object?.members ?? []).map { schema in
      let required = schema.value["required"]?.array ?? []
      let rows = (schema.value["properties"]?.object?.members ?? []).map { member in
        row(
          member.name, required.contains(.string(member.name)) ? "required" : "", typeText(member.value) + about(member.value)
        )
      }
      return
        "<section><h3 id=\"\(Markup.escaped(schema.name))\">\(Markup.escaped(schema.name))</h3><p>\(text(schema.value["description"]))</p>"
        + "<table><tbody>\(rows.joined())</tbody></table></section>\n"
    }.joined()
  }

  private func resolved(_ value: JSONValue) -> JSONValue { value.resolved(in: document) }

  private func typeText(_ schema: JSONValue?) -> String {
    guard let schema else { return "" }
    if let reference = schema["$ref"]?.string {
      let name = Markup.escaped(reference.split(separator: "/").last.map(String.init) ?? reference)
      return "<a href=\"#\(name)\">\(name)</a> "
    }
    if schema["type"]?.string == "array" { return "array of \(typeText(schema["items"]))" }
    var words = [schema["type"]?.string ?? ""]
    if let choices = schema["enum"]?.array { words.append(choices.map { $0.string ?? $0.text }.joined(separator: ", ")) }
    for (name, word) in [
      ("minimum", "from"), ("maximum", "to"), ("minLength", "at least"), ("maxLength", "at most"), ("default", "default"),
    ] {
      if let value = schema[name] { words.append("\(word) \(value.text)") }
    }
    return Markup.escaped(words.filter { !$0.isEmpty }.joined(separator: " ")) + " "
  }

  private func row(_ name: String, _ kind: String, _ about: String) -> String {
    "<tr><th scope=\"row\"><code>\(Markup.escaped(name))</code></th><td>\(Markup.escaped(kind))</td><td>\(about)</td></tr>"
  }

  /// What a description adds to a type.
  private func about(_ value: JSONValue) -> String { value["description"].map { "· " + text($0) } ?? "" }

  private func text(_ value: JSONValue?) -> String { Markup.escaped(value?.string ?? "") }

  private static let style = """
    :root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;margin:0}main{max-width:60rem;margin:0 auto;padding:1rem}
    h2{font-size:1.1rem;margin:2rem 0 .25rem;overflow-wrap:anywhere}table{border-collapse:collapse;width:100%}
    th,td{text-align:left;vertical-align:top;padding:.25rem .75rem .25rem 0;border-top:1px solid #8884;font-weight:normal}
    th,td:nth-child(2){white-space:nowrap}td:last-child{width:100%;overflow-wrap:break-word}
    @media(max-width:40rem){tr,th,td{display:block;border:0;padding:0;white-space:normal}tr{border-top:1px solid #8884;padding:.25rem 0}}
    """
}
