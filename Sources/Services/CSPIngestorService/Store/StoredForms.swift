import JSONBytes
import ServiceRuntime

// What Redis keeps as JSON texts, read back.

extension ProviderSettings {
  /// Nil when it is none of ours.
  init?(stored bytes: [UInt8]?) {
    guard let bytes, let object = (try? JSONValue(parsing: bytes))?.object else { return nil }
    do { try self.init(FieldReader(object)) } catch { return nil }
    family = object["family"]?.string.flatMap(Family.init)
  }
}

extension TrackedEvent {
  init?(memo bytes: [UInt8]?) {
    guard let bytes, let json = try? JSONValue(parsing: bytes) else { return nil }
    self.init(json)
  }
}

extension KnownProvider {
  /// Without the events, which have texts of their own.
  var json: JSONValue {
    [
      "page": .optional(pageID), "page_updated_at": .optional(pageUpdatedAt), "other_page": .optional(otherPage?.id),
      "other_page_times": .optional(otherPage?.times),
    ]
  }

  init(stored bytes: [UInt8]) {
    self.init()
    guard let json = try? JSONValue(parsing: bytes) else { return }
    pageID = json["page"]?.string
    pageUpdatedAt = json["page_updated_at"]?.integer
    if let id = json["other_page"]?.string { otherPage = OtherPage(id: id, times: json["other_page_times"]?.integer ?? 1) }
  }
}
