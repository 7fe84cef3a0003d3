import HTTPServer
import HTTPTypes
import Identity
import OutboundClient
import Reactor
import Signing
import StatusModel

/// Finds out who is calling and whether they may.
struct Authentication: Sendable {
  let identity: Identity
  let passwords: PasswordCallers
  let addresses: VisitorAddress
  let environment: String
  let clock: @Sendable () -> Int64

  /// The caller of a request. Throws `.unknownCaller` when what was shown does not hold, `.forbidden` when it does not suffice,
  /// `.unavailable` when it cannot be checked; where anybody may read, the caller then counts as nobody. A change is never made so.
  func caller(of request: Request, for access: Access) async throws -> Caller {
    var caller = Caller(address: addresses.of(request))
    if let shown = try Shown(request) {
      do {
        caller = try await check(shown, request, access, caller)
      } catch Failure.unavailable where access == .everyone && [.get, .head].contains(request.method) {
        caller = Caller(address: addresses.of(request))
      }
    }
    try Self.admit(caller, to: access, method: request.method, peer: request.peer)
    return caller
  }

  /// Whether a request shows anything of its caller. Where anybody may read, one that does not need not be asked who it is.
  static func showsCaller(_ request: Request) -> Bool { request.hasHeader(Shown.fields) }

  private func check(_ shown: Shown, _ request: Request, _ access: Access, _ nobody: Caller) async throws -> Caller {
    var caller = nobody
    if let signature = shown.signature {
      caller.application = try await verify(signature, request, access)
      caller.isSigned = true
      if caller.application?.service != nil, let address = request.header(.visitorAddress) { caller.address = address }
    }
    if let token = shown.token {
      guard let person = try await identity.person(token: token, address: caller.address, agent: request.header(.userAgent) ?? "") else {
        throw Failure.unknownCaller("The token is unknown or has ended. Sign in again.")
      }
      caller.person = person
      caller.personToken = token
    } else if let (username, password) = shown.password {
      let found = try await Caller.$current.withValue(caller) { try await passwords.person(username: username, password: password) }
      guard let person = found else { throw Failure.unknownCaller("This username and password do not match.") }
      caller.person = person
    } else if let key = shown.key {
      guard let application = try await identity.application(key: key) else {
        throw Failure.unknownCaller("The key is unknown or has ended.")
      }
      caller.application = application
    }
    return caller
  }

  private func verify(_ header: String, _ request: Request, _ access: Access) async throws(Failure) -> Application {
    do {
      let signature = try RequestSignature(parsing: header)
      guard let registered = try await identity.application(consumerKey: signature.consumerKey) else {
        throw SignatureRefusal.unknownApplication
      }
      let address = registered.application.service == nil ? nil : request.header(.visitorAddress)
      let content = RequestSignature.Content(method: request.method.rawValue, body: request.body, address: address)
      let verified = try signature.verify(
        target: request.target, content: content, application: .init(appid: registered.appid, strict: registered.application.strict),
        env: environment, now: clock())
      guard try await isFresh(verified, access) else {
        throw Failure.unknownCaller("This signed request was sent before. Sign each request anew.")
      }
      return registered.application
    } catch let refusal as SignatureRefusal {
      throw .unknownCaller(refusal.description)
    } catch {
      throw error as? Failure ?? .defect
    }
  }

  /// Where nobody need be known, a replay that cannot be checked does not refuse.
  private func isFresh(_ verified: RequestSignature.Verified, _ access: Access) async throws(Failure) -> Bool {
    do throws(Failure) {
      return try await identity.acceptOnce(replayKey: verified.replayKey, window: verified.replayWindow)
    } catch {
      if access == .everyone, case .unavailable = error { return true }
      throw error
    }
  }

  private static func admit(_ caller: Caller, to access: Access, method: HTTPRequest.Method, peer: SocketAddress) throws(Failure) {
    switch access {
    case .everyone: return
    case .operators:
      if caller.isNobody, isPrivate(peer) { return }
      try admit(caller, role: .viewer, method)
    case .viewer: try admit(caller, role: .viewer, method)
    case .sre: try admit(caller, role: .sre, method)
    case .admin: try admit(caller, role: .admin, method)
    case .scope(let scope): try admit(caller, role: .sre, method, scope: scope)
    case .services(let names):
      if caller.isSigned, let service = caller.application?.service, names.contains(service) { return }
      if caller.isNobody { throw .unknownCaller("Only services of this cluster may call here, signed.") }
      throw .forbidden("Only services of this cluster may call here.")
    }
  }

  /// `scope` is what an application needs; by default `read` or `write`.
  private static func admit(_ caller: Caller, role: Role, _ method: HTTPRequest.Method, scope: Scope? = nil) throws(Failure) {
    if let person = caller.person {
      if person.role < role { throw .forbidden("This needs the role \(role.rawValue); you are \(person.role.rawValue).") }
    } else if let application = caller.application {
      if role == .admin, !application.admin { throw .forbidden("This needs an application registered as admin.") }
      let scope = scope ?? (method == .get || method == .head ? .read : .write)
      if !application.scopes.contains(scope) { throw .forbidden("This application lacks the scope \(scope.rawValue).") }
    } else {
      throw .unknownCaller("Sign in, or send a token, a key or a signature.")
    }
  }

  private static let outside = AddressGuard.publicAddresses()

  private static func isPrivate(_ peer: SocketAddress) -> Bool {
    guard case .internet(let bytes, _) = peer else { return true }
    return !outside.permits(bytes)
  }
}

/// What a request shows of its caller, before anything is checked.
private struct Shown {
  var signature: String?
  var token: String?
  var key: String?
  var password: (username: String, password: String)?

  static let fields: [HTTPField.Name] = [.authorization, .userToken, .applicationKey, .username]

  /// Nil when it shows nothing. Throws `.unknownCaller` for an Authorization that is none of ours.
  init?(_ request: Request) throws(Failure) {
    guard request.hasHeader(Self.fields) else { return nil }
    if let authorization = request.header(.authorization) {
      if let value = Self.bearer(authorization) {
        if value.hasPrefix(SecretToken.Kind.key.prefix) { key = value } else { token = value }
      } else if RequestSignature.isSigned(header: authorization) {
        signature = authorization
      } else {
        throw .unknownCaller("Authorization must be Bearer with a token or a key, or Auth with a signature.")
      }
    }
    token = request.header(.userToken) ?? token
    key = request.header(.applicationKey) ?? key
    if let username = request.header(.username) { password = (username, request.header(.password) ?? "") }
    if signature == nil, token == nil, key == nil, password == nil { return nil }
  }

  private static func bearer(_ authorization: String) -> String? {
    let bytes = authorization.utf8
    guard bytes.count > 7, zip(bytes, "bearer ".utf8).allSatisfy({ $0 | 0x20 == $1 }) else { return nil }
    return String(Substring(bytes.dropFirst(7).drop { $0 == UInt8(ascii: " ") }))
  }
}

extension HTTPTypes.HTTPField.Name {
  static let visitorAddress = Self("X-Polystatus-Address")!
}
