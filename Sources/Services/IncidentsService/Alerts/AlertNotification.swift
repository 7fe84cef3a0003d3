import JSONBytes
import ServiceRuntime
import StatusModel

/// What Alertmanager sends to a webhook, version 4: a group of alerts, some of which may be over.
struct AlertNotification: Sendable {
  /// The same for one group, whatever is in it.
  var groupKey: String
  /// Alerts that were left out.
  var truncated: Int
  var alerts: [Alert]
  var receiver: String
  var groupLabels: [String: String]
  var commonLabels: [String: String]
  var commonAnnotations: [String: String]
  /// Alertmanager's own address.
  var externalURL: String

  struct Alert: Sendable, Equatable {
    var fingerprint: String
    var fires: Bool
    var labels: [String: String]
    var annotations: [String: String]
    /// Milliseconds since the epoch.
    var startsAt: Int64?
    var endsAt: Int64?
    var generatorURL: String
  }

  /// Alerts that are read; more count as left out.
  static let alertLimit = 1000
}

extension AlertNotification {
  /// Throws `Failure.invalid` with everything that cannot be accepted.
  init(_ body: consuming FieldReader) throws(Failure) {
    groupKey = body.string("groupKey", Bounds.groupKey)
    truncated = body.optionalInteger("truncatedAlerts", Bounds.truncatedAlerts) ?? 0
    receiver = body.text("receiver")
    groupLabels = body.labels("groupLabels")
    commonLabels = body.labels("commonLabels")
    commonAnnotations = body.labels("commonAnnotations")
    externalURL = body.text("externalURL")
    alerts = []
    guard let given = body.object["alerts"]?.array else {
      body.refuse("alerts", "must be an array of alerts")
      try body.check()
      return
    }
    var seen: [String: Int] = [:]
    for (index, value) in given.prefix(Self.alertLimit).enumerated() {
      guard let object = value.object else {
        body.refuse("alerts[\(index)]", "must be an object")
        continue
      }
      var reader = FieldReader(object, prefix: "alerts[\(index)].")
      let alert = Alert(&reader)
      body.refuse(reader.problems)
      if let known = seen[alert.fingerprint] {
        if alerts[known].state < alert.state { alerts[known] = alert }
      } else {
        seen[alert.fingerprint] = alerts.count
        alerts.append(alert)
      }
    }
    truncated += max(0, given.count - Self.alertLimit)
    try body.check()
  }
}

extension AlertNotification.Alert {
  fileprivate init(_ body: inout FieldReader) {
    fires = body.choice("status", ["firing", "resolved"]) == "firing"
    labels = body.labels("labels")
    annotations = body.labels("annotations")
    startsAt = body.time("startsAt")
    endsAt = body.time("endsAt")
    generatorURL = body.text("generatorURL")
    let given = body.text("fingerprint")
    fingerprint = (1...64).contains(given.utf8.count) && given.utf8.allSatisfy(isNameByte) ? given : Self.fingerprint(of: labels)
  }

  /// Grows with what happens to one alert: a later start, and for one start its end.
  var state: String {
    let start = String(max(0, startsAt ?? 0))
    return String(repeating: "0", count: max(0, 16 - start.count)) + start + (fires ? "0" : "1")
  }

  /// As Prometheus computes it: FNV-1a of 64 bits over names and values in the order of the names, each followed by a byte 255.
  static func fingerprint(of labels: [String: String]) -> String {
    var hash: UInt64 = 14_695_981_039_346_656_037
    for (name, value) in labels.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
      for byte in Array(name.utf8) + [255] + Array(value.utf8) + [255] { hash = (hash ^ UInt64(byte)) &* 1_099_511_628_211 }
    }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}

private func isNameByte(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
    UInt8(ascii: "-"), UInt8(ascii: "_"):
    true
  default: false
  }
}

extension FieldReader {
  /// Any text; empty when there is none.
  fileprivate mutating func text(_ name: String) -> String {
    switch object[name] {
    case nil, .null: return ""
    case .string(let text): return text
    default:
      refuse(name, "must be a string")
      return ""
    }
  }

  fileprivate mutating func labels(_ name: String) -> [String: String] {
    guard let members = optionalObject(name)?.members else { return [:] }
    var labels: [String: String] = [:]
    for member in members {
      guard let value = member.value.string else {
        refuse(name, "must hold strings")
        return [:]
      }
      labels[member.name] = value
    }
    return labels
  }

  /// Of a time such as 2026-03-01T09:30:00.123456789+01:00, in ms since the epoch; nil for one before it: Alertmanager sends the year 1
  /// for what is not known.
  fileprivate mutating func time(_ name: String) -> Int64? {
    let text = text(name)
    guard !text.isEmpty else { return nil }
    guard let time = RFC3339.milliseconds(text) else {
      refuse(name, "must be a time such as 2026-03-01T09:30:00Z")
      return nil
    }
    return time > 0 ? time : nil
  }
}

/// Times with any offset (RFC 3339).
enum RFC3339 {
  /// Since the epoch; nil for what is no time.
  static func milliseconds(_ text: String) -> Int64? {
    if text.hasSuffix("Z") || text.hasSuffix("z") { return ISO8601.milliseconds(text.uppercased()) }
    let offset = Array(text.utf8.suffix(6))
    guard offset.count == 6, offset[3] == UInt8(ascii: ":"), offset[0] == UInt8(ascii: "+") || offset[0] == UInt8(ascii: "-") else {
      return nil
    }
    let digits = [1, 2, 4, 5].map { Int64(offset[$0]) - 0x30 }
    guard digits.allSatisfy({ (0...9).contains($0) }), let local = ISO8601.milliseconds(text.dropLast(6).uppercased() + "Z") else {
      return nil
    }
    let (hours, minutes) = (digits[0] * 10 + digits[1], digits[2] * 10 + digits[3])
    guard hours < 24, minutes < 60 else { return nil }
    let shift = (hours * 60 + minutes) * 60_000
    return offset[0] == UInt8(ascii: "+") ? local - shift : local + shift
  }
}
