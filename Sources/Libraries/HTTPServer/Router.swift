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
  let table: RouteTable

  /// Every handler is wrapped in `middleware`, the first outermost; also what answers where no route does.
  public init(_ routes: [Route], middleware: [Middleware] = []) { table = RouteTable(routes, middleware: middleware) }
}

/// Never changes once it is made.
final class RouteTable: Sendable {
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

  /// A finished `Node`, walked without copying.
  private final class Branch: Sendable {
    /// A node has few: comparing them costs less than a hash.
    let literals: [(name: [UInt8], branch: Branch)]
    let parameter: Branch?
    let methods: Methods?

    init(_ node: Node) {
      literals = node.literals.map { (Array($0.key.utf8), Branch($0.value)) }
      parameter = node.parameter.first.map(Branch.init)
      methods = node.methods
    }

    func literal(_ segment: ArraySlice<UInt8>) -> Branch? {
      guard segment.contains(UInt8(ascii: "%")) else { return named(segment) }
      return named(Array(Query.decoded(segment).utf8)[...])
    }

    private func named(_ segment: ArraySlice<UInt8>) -> Branch? {
      for literal in literals where literal.name.count == segment.count && segment.elementsEqual(literal.name) { return literal.branch }
      return nil
    }
  }

  private struct Methods: Sendable {
    let template: String
    var names: [String] = []
    var routes: [(method: HTTPRequest.Method, entry: Entry)] = []

    func entry(for method: HTTPRequest.Method) -> Entry? {
      for route in routes where route.method == method { return route.entry }
      return method == .head ? entry(for: .get) : nil
    }

    var allowed: [HTTPRequest.Method] {
      var methods = routes.map(\.method)
      if methods.contains(.get), !methods.contains(.head) { methods.append(.head) }
      if !methods.contains(.options) { methods.append(.options) }
      return methods
    }
  }

  private let root: Branch
  private let literalPaths: [String: Methods]
  private let middleware: [Middleware]
  private let notFound: Entry

  init(_ routes: [Route], middleware: [Middleware]) {
    var root = Node()
    for route in routes { Self.add(route, to: &root, middleware) }
    var literalPaths: [String: Methods] = [:]
    Self.index(root, path: "", in: &literalPaths)
    self.root = Branch(root)
    self.literalPaths = literalPaths
    self.middleware = middleware
    notFound = Entry(template: nil, bodyLimit: nil, handler: Self.wrap({ _ in throw RoutingFailure.notFound }, middleware))
  }

  private static func wrap(_ handler: @escaping Handler, _ middleware: [Middleware]) -> Handler {
    var wrapped = handler
    for each in middleware.reversed() {
      let next = wrapped
      wrapped = { request in try await each(request, next) }
    }
    return wrapped
  }

  private static func add(_ route: Route, to root: inout Node, _ middleware: [Middleware]) {
    let entry = Entry(template: route.template, bodyLimit: route.bodyLimit, handler: wrap(route.handler, middleware))
    var names: [String] = []
    let segments = route.template.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map(String.init)
    insert(segments[...], &root, &names, route, entry)
  }

  private static func insert(
    _ segments: ArraySlice<String>, _ node: inout Node, _ names: inout [String], _ route: Route, _ entry: Entry
  ) {
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

  private static func index(_ node: Node, path: String, in literalPaths: inout [String: Methods]) {
    if let methods = node.methods { literalPaths[path] = methods }
    for (segment, child) in node.literals { index(child, path: "\(path)/\(segment)", in: &literalPaths) }
  }

  /// Always answers: where no route matches, the entry throws a `RoutingFailure`.
  func match(_ method: HTTPRequest.Method, _ path: String) -> Match {
    if let methods = literalPaths[path] { return choose(method, methods, []) }
    guard path.utf8.first == UInt8(ascii: "/") else {
      guard method == .options else { return Match(entry: notFound) }
      return Match(entry: optionsEntry([.get, .head, .post, .put, .patch, .delete, .options]))
    }
    let rest = Array(path.utf8)[1...]
    var values: [String] = []
    if let methods = Self.find(rest, root, &values) { return choose(method, methods, values) }
    guard rest.last == UInt8(ascii: "/"), let methods = Self.find(rest.dropLast(), root, &values) else { return Match(entry: notFound) }
    return choose(method, methods, values)
  }

  /// `rest` is what follows a slash; nil at the end of the path.
  private static func find(_ rest: ArraySlice<UInt8>?, _ node: Branch, _ values: inout [String]) -> Methods? {
    guard let rest else { return node.methods }
    let slash = rest.firstIndex(of: UInt8(ascii: "/"))
    let segment = rest[..<(slash ?? rest.endIndex)]
    let next = slash.map { rest[($0 + 1)...] }
    if let child = node.literal(segment), let found = find(next, child, &values) { return found }
    guard let child = node.parameter, !segment.isEmpty else { return nil }
    values.append(Query.decoded(segment))
    if let found = find(next, child, &values) { return found }
    values.removeLast()
    return nil
  }

  private func choose(_ method: HTTPRequest.Method, _ methods: Methods, _ values: [String]) -> Match {
    if let entry = methods.entry(for: method) {
      guard !values.isEmpty else { return Match(entry: entry) }
      return Match(entry: entry, parameters: PathParameters(values: zip(methods.names, values).map { ($0, $1) }))
    }
    let allowed = methods.allowed
    if method == .options { return Match(entry: optionsEntry(allowed, template: methods.template)) }
    let refuse = Self.wrap({ _ in throw RoutingFailure.methodNotAllowed(allowed) }, middleware)
    return Match(entry: Entry(template: methods.template, bodyLimit: nil, handler: refuse))
  }

  private func optionsEntry(_ allowed: [HTTPRequest.Method], template: String? = nil) -> Entry {
    let fields: HTTPFields = [.allow: allowed.map(\.rawValue).joined(separator: ", ")]
    let answer: Handler = { _ in Response(status: .noContent, headerFields: fields) }
    return Entry(template: template, bodyLimit: nil, handler: Self.wrap(answer, middleware))
  }
}
