public import HTTPTypes

/// Answers one request. What it throws becomes a response in the server's `onError`.
public typealias Handler = @Sendable (Request) async throws -> Response

/// Wraps a handler: logging, authentication, errors.
public typealias Middleware = @Sendable (_ request: Request, _ next: Handler) async throws -> Response

/// One line of a route table: a method, a template such as `/incidents/{id}` and what answers.
public struct Route: Sendable {
  public let method: HTTPRequest.Method
  public let template: String
  /// In bytes; nil: the server's limit.
  public let bodyLimit: Int?
  public let handler: Handler

  public init(_ method: HTTPRequest.Method, _ template: String, bodyLimit: Int? = nil, handler: @escaping Handler) {
    self.method = method
    self.template = template
    self.bodyLimit = bodyLimit
    self.handler = handler
  }
}

/// Why no route answered.
public enum RoutingFailure: Error, Sendable, Equatable {
  case notFound
  /// The path exists, with these methods.
  case methodNotAllowed([HTTPRequest.Method])
}

/// Finds the route of a request: literal paths by one look-up, others segment by segment, literals before parameters.
/// HEAD is answered by GET's route, OPTIONS with the list of methods, a final slash is ignored unless a route names it.
public struct Router: Sendable {
  final class Entry: Sendable {
    let template: String?
    let bodyLimit: Int?
    let handler: Handler
    init(template: String?, bodyLimit: Int?, handler: @escaping Handler) {
      self.template = template
      self.bodyLimit = bodyLimit
      self.handler = handler
    }
  }

  struct Match {
    let entry: Entry
    var parameters = PathParameters()
  }

  private struct Node {
    var literals: [String: Node] = [:]
    var parameter: [Node] = []
    var methods: Methods?
  }

  private struct Methods {
    let template: String
    var names: [String] = []
    var routes: [(method: HTTPRequest.Method, entry: Entry)] = []

    var allowed: [HTTPRequest.Method] {
      var methods = routes.map(\.method)
      if methods.contains(.get), !methods.contains(.head) { methods.append(.head) }
      if !methods.contains(.options) { methods.append(.options) }
      return methods
    }
  }

  private var root = Node()
  private var literalPaths: [String: Methods] = [:]
  private let middleware: [Middleware]
  private let notFound: Entry

  /// Every handler is wrapped in `middleware`, the first outermost; also what answers where no route does.
  public init(_ routes: [Route], middleware: [Middleware] = []) {
    self.middleware = middleware
    notFound = Entry(template: nil, bodyLimit: nil, handler: Self.wrap({ _ in throw RoutingFailure.notFound }, middleware))
    for route in routes { add(route) }
    indexLiterals(root, path: "")
  }

  private static func wrap(_ handler: @escaping Handler, _ middleware: [Middleware]) -> Handler {
    middleware.reversed().reduce(handler) { next, each in { request in try await each(request, next) } }
  }

  private mutating func add(_ route: Route) {
    let entry = Entry(template: route.template, bodyLimit: route.bodyLimit, handler: Self.wrap(route.handler, middleware))
    var names: [String] = []
    let segments = route.template.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map(String.init)
    Self.insert(segments[...], &root, &names, route, entry)
  }

  private static func insert(_ segments: ArraySlice<String>, _ node: inout Node, _ names: inout [String], _ route: Route, _ entry: Entry) {
    guard let segment = segments.first else {
      var methods = node.methods ?? Methods(template: route.template, names: names)
      precondition(!methods.routes.contains { $0.method == route.method }, "\(route.method) \(route.template) is routed twice")
      precondition(methods.names == names, "\(route.template) and \(methods.template) name their parameters differently")
      methods.routes.append((route.method, entry))
      node.methods = methods
      return
    }
    if segment.hasPrefix("{"), segment.hasSuffix("}") {
      names.append(String(segment.dropFirst().dropLast()))
      if node.parameter.isEmpty { node.parameter = [Node()] }
      insert(segments.dropFirst(), &node.parameter[0], &names, route, entry)
    } else {
      insert(segments.dropFirst(), &node.literals[segment, default: Node()], &names, route, entry)
    }
  }

  private mutating func indexLiterals(_ node: Node, path: String) {
    if let methods = node.methods { literalPaths[path] = methods }
    for (segment, child) in node.literals { indexLiterals(child, path: "\(path)/\(segment)") }
  }

  /// Always answers: where no route matches, the entry throws a `RoutingFailure`.
  func match(_ method: HTTPRequest.Method, _ path: String) -> Match {
    if let methods = literalPaths[path] { return choose(method, methods, []) }
    var values: [String] = []
    let segments = path.utf8.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
      .map { Query.decoded($0) }
    guard path.hasPrefix("/"), let methods = Self.find(segments[...], root, &values) ?? withoutFinalSlash(segments, &values) else {
      return path == "*" && method == .options ? Match(entry: optionsEntry([.get, .post, .put, .patch, .delete, .head, .options])) : Match(entry: notFound)
    }
    return choose(method, methods, values)
  }

  private func withoutFinalSlash(_ segments: [String], _ values: inout [String]) -> Methods? {
    guard segments.count > 1, segments.last == "" else { return nil }
    values = []
    return Self.find(segments.dropLast(), root, &values)
  }

  private static func find(_ segments: ArraySlice<String>, _ node: Node, _ values: inout [String]) -> Methods? {
    guard let segment = segments.first else { return node.methods }
    if let child = node.literals[segment], let found = find(segments.dropFirst(), child, &values) { return found }
    guard let child = node.parameter.first, !segment.isEmpty else { return nil }
    values.append(segment)
    if let found = find(segments.dropFirst(), child, &values) { return found }
    values.removeLast()
    return nil
  }

  private func choose(_ method: HTTPRequest.Method, _ methods: Methods, _ values: [String]) -> Match {
    let parameters = PathParameters(values: zip(methods.names, values).map { ($0, $1) })
    if let route = methods.routes.first(where: { $0.method == method }) ?? methods.routes.first(where: { method == .head && $0.method == .get }) {
      return Match(entry: route.entry, parameters: parameters)
    }
    let allowed = methods.allowed
    if method == .options { return Match(entry: optionsEntry(allowed, template: methods.template)) }
    let refuse = Self.wrap({ _ in throw RoutingFailure.methodNotAllowed(allowed) }, middleware)
    return Match(entry: Entry(template: methods.template, bodyLimit: nil, handler: refuse))
  }

  private func optionsEntry(_ allowed: [HTTPRequest.Method], template: String? = nil) -> Entry {
    let fields: HTTPFields = [.allow: allowed.map(\.rawValue).joined(separator: ", ")]
    return Entry(template: template, bodyLimit: nil, handler: Self.wrap({ _ in Response(status: .noContent, headerFields: fields) }, middleware))
  }
}
