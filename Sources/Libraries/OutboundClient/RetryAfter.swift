internal import CCurl
import HTTPTypes

extension OutboundResponse {
  /// Seconds that Retry-After asks to wait (RFC 9110 section 10.2.3), 0 or more; nil without one, or when it is neither a number nor a date.
  /// `now` in milliseconds since the epoch.
  public func retryAfter(now: Int64) -> Int? {
    guard let text = headerFields[.retryAfter] else { return nil }
    if text.utf8.allSatisfy({ $0 &- 0x30 < 10 }) { return Int(text) }
    let date = unsafe curl_getdate(text, nil)
    return date < 0 ? nil : Int(max(0, (Int64(date) * 1_000 - now + 999) / 1_000))
  }
}
