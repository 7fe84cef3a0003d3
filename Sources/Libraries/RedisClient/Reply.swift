internal import CHiredis

extension RedisValue {
  /// Copies what hiredis is about to free.
  init(_ reply: UnsafePointer<redisReply>) {
    let type = unsafe reply.pointee.type
    switch type {
    case REDIS_REPLY_STRING: self = .bytes(unsafe Array(Self.text(reply)))
    case REDIS_REPLY_INTEGER: self = .integer(Int(unsafe reply.pointee.integer))
    case REDIS_REPLY_STATUS: self = .status(unsafe String(decoding: Self.text(reply), as: UTF8.self))
    case REDIS_REPLY_ERROR: self = .error(unsafe String(decoding: Self.text(reply), as: UTF8.self))
    case REDIS_REPLY_ARRAY:
      let elements = unsafe UnsafeBufferPointer(start: reply.pointee.element, count: reply.pointee.elements)
      self = .array(unsafe elements.map { element in unsafe element.map { unsafe RedisValue($0) } ?? .null })
    default: self = .null
    }
  }

  private static func text(_ reply: UnsafePointer<redisReply>) -> UnsafeRawBufferPointer {
    unsafe UnsafeRawBufferPointer(start: reply.pointee.str, count: reply.pointee.len)
  }
}
