import HTTPServer
import HTTPTypes
import Messaging
import RedisClient
import Signing
import StatusModel

/// `Idempotency-Key` on POST: the first answer is kept for a day and given again. What the first call changed is remembered in the same
/// step as the change itself (`RepeatKey`), so a repeat is safe even when the first answer was lost with its process.
struct Idempotency: Sendable {
  let redis: Redis
  let namespace: String
  let service: ServiceName

  /// The longest key, in bytes.
  private static let keyLimit = 255
  /// The largest body that is kept, in bytes; larger answers are made again from the same result.
  private static let bodyLimit = 16 * 1024
  /// Seconds after which a call that never finished no longer blocks its repeat.
  private static let runningSeconds = 10

  private static let begin = RedisScript(name: "repeat-begin", source: Embedded.repeatBeginLua)

  /// Answers `request` by `next`, or as it was answered before. Throws `.conflict` while the first call runs, or for another body.
  func answer(_ request: Request, _ next: Handler) async throws -> Response {
    guard request.method == .post, let sent = request.header(.idempotencyKey), !Caller.current.isNobody else {
      return try await next(request)
    }
    guard (1...Self.keyLimit).contains(sent.utf8.count) else {
      throw Failure.invalid("Idempotency-Key", "must have 1 to \(Self.keyLimit) bytes")
    }
    let key = SHA256.hex([service.rawValue, Caller.current.actor, request.method.rawValue, request.path, sent].joined(separator: "\n"))
    let record = RedisArgument.string("\(namespace):answer:\(key)")
    if let earlier = try await earlierAnswer(
      record, bodyDigest: Hex.encoded(HMACSHA256.bytes(key: Array(sent.utf8), message: request.body)))
    {
      return earlier
    }
    do {
      let answer = try await RepeatKey.$current.withValue(key) { try await next(request) }
      try await keep(answer, record)
      return answer
    } catch let failure as Failure where failure.status < 500 && failure.retryAfter == nil {
      try await keep(Response.problem(failure), record)
      throw failure
    } catch {
      _ = try? await redis.command("DEL", record)
      throw error
    }
  }

  /// The digest is keyed with what only the caller knows: a body may hold a password.
  private func earlierAnswer(_ record: RedisArgument, bodyDigest: String) async throws -> Response? {
    let reply: [RedisValue]
    do {
      reply =
        try await redis.run(Self.begin, keys: [record], arguments: [.string(bodyDigest), .string("\(Self.runningSeconds)")]).array ?? []
    } catch {
      throw Failure(error)
    }
    switch reply.first?.string {
    case "begin": return nil
    case "running": throw Failure.conflict("The first call with this Idempotency-Key is still running. Try again in a moment.")
    case "answered" where reply.count == 5:
      var answer = Response(status: HTTPResponse.Status(integerLiteral: reply[1].int ?? 200))
      answer.headerFields[.location] = reply[2].string.flatMap { $0.isEmpty ? nil : $0 }
      answer.headerFields[.contentType] = reply[3].string.flatMap { $0.isEmpty ? nil : $0 }
      answer.headerFields[.replayed] = "true"
      answer.body = .bytes(reply[4].bytes ?? [])
      return answer
    default: throw Failure.conflict("This Idempotency-Key was used with another body. Take a new key for a new call.")
    }
  }

  private func keep(_ answer: Response, _ record: RedisArgument) async throws {
    var body: [UInt8] = []
    if case .bytes(let bytes) = answer.body { body = bytes }
    guard body.count <= Self.bodyLimit, answer.status.code < 500 else {
      _ = try? await redis.command("DEL", record)
      return
    }
    let fields: [RedisArgument] = [
      "HSET", record, "status", .string("\(answer.status.code)"), "location", .string(answer.headerFields[.location] ?? ""),
      "type", .string(answer.headerFields[.contentType] ?? ""), "body", .bytes(body),
    ]
    async let stored = redis.command(fields)
    async let expiring = redis.command("EXPIRE", record, .string("\(RepeatKey.lifetime)"))
    _ = try? await (stored, expiring)
  }
}

extension HTTPTypes.HTTPField.Name {
  static let idempotencyKey = Self("Idempotency-Key")!
  static let replayed = Self("Idempotent-Replayed")!
}
