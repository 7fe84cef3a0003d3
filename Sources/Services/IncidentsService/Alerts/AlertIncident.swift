import JSONBytes
import StatusModel

/// What a group of alerts is as an incident, and an alert as an entry of its timeline.
extension AlertNotification {
  static let provider = "alertmanager"
  private static let detailLabels = 50
  private static let detailText = 300
  private static let messageText = 2000

  /// The incident to declare. `digest` shortens a group's key that is longer than an external id may be.
  func incident(digest: (String) -> String) -> NewIncident {
    let firing = alerts.filter(\.fires)
    let id = groupKey.unicodeScalars.count <= Bounds.externalID.upperBound ? groupKey : digest(groupKey)
    let url = externalURL.unicodeScalars.count <= Bounds.url.upperBound && isWebAddress(externalURL) ? externalURL : nil
    return NewIncident(
      title: title, severity: firing.map { Self.severity(of: $0.labels) }.min() ?? Bounds.severity.upperBound,
      services: services(of: firing),
      summary: (commonAnnotations["description"] ?? firing.first?.annotations["description"] ?? "").cut(at: Bounds.summary.upperBound),
      source: .alert, external: External(provider: Self.provider, id: id, url: url),
      cid: firing.lazy.compactMap { Self.cid(of: $0) }.first)
  }

  /// Its name and what all of its alerts say; without that, what they have in common.
  private var title: String {
    let name = commonLabels["alertname"] ?? groupLabels["alertname"] ?? alerts.first?.labels["alertname"] ?? "Alerts for \(receiver)"
    var title = name
    if let summary = commonAnnotations["summary"] ?? (alerts.count == 1 ? alerts[0].annotations["summary"] : nil) {
      title += ": \(summary)"
    } else {
      let others = groupLabels.filter { $0.key != "alertname" }.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
      if !others.isEmpty { title += " (\(others.joined(separator: ", ")))" }
    }
    let line = title.oneLine.cut(at: Bounds.title.upperBound)
    return line.isEmpty ? "Alerts" : line
  }

  /// By the label `severity`.
  static func severity(of labels: [String: String]) -> Int {
    switch (labels["severity"] ?? "").lowercased() {
    case "critical", "page", "emergency": 1
    case "error", "high", "major": 2
    case "info", "low", "none": 4
    default: 3
    }
  }

  /// The labels `component` and `service` of the alerts, of each alert that has neither its `job`.
  private func services(of alerts: [Alert]) -> [String] {
    var services: [String] = []
    var seen: Set<String> = []
    for alert in alerts {
      var names = ["component", "service"].compactMap { alert.labels[$0] }.filter { !$0.isEmpty }
      if names.isEmpty { names = [alert.labels["job"]].compactMap(\.self) }
      for name in names.map({ $0.oneLine.cut(at: Bounds.service.upperBound) })
      where !name.isEmpty && services.count < Bounds.services.upperBound && seen.insert(name.lowercased()).inserted {
        services.append(name)
      }
    }
    return services
  }

  private static func cid(of alert: Alert) -> String? {
    [alert.labels["cid"], alert.annotations["cid"]].compactMap(\.self).first { CorrelationID.isValid($0.utf8) }
  }

  /// What the timeline says of an alert.
  static func message(of alert: Alert) -> String {
    let name = alert.labels["alertname"] ?? "Alert \(alert.fingerprint)"
    let place = alert.labels["instance"].map { " on \($0)" } ?? ""
    let about = alert.annotations["summary"] ?? alert.annotations["description"] ?? ""
    return "\(name)\(place) \(alert.fires ? "fires" : "is over")\(alert.fires && !about.isEmpty ? ": \(about)" : "")".cut(at: messageText)
  }

  /// `{fingerprint, status, starts_at, ends_at, url, labels}`, bounded.
  static func details(of alert: Alert) -> JSONValue {
    let labels = alert.labels.sorted { $0.key < $1.key }.prefix(detailLabels)
    let url =
      isWebAddress(alert.generatorURL) && alert.generatorURL.unicodeScalars.count <= Bounds.url.upperBound ? alert.generatorURL : nil
    func seconds(_ time: Int64?) -> JSONValue { time.map { .integer(Int($0 / 1000)) } ?? .null }
    return [
      "fingerprint": .string(alert.fingerprint), "status": alert.fires ? "firing" : "resolved", "starts_at": seconds(alert.startsAt),
      "ends_at": alert.fires ? .null : seconds(alert.endsAt), "url": url.map { .string($0) } ?? .null,
      "labels": .object(JSONObject(labels.map { ($0.key.cut(at: detailText), .string($0.value.cut(at: detailText))) })),
    ]
  }
}

extension String {
  /// At most `limit` characters (Unicode scalars), the last an ellipsis where something was cut.
  fileprivate func cut(at limit: Int) -> String {
    unicodeScalars.count <= limit ? self : String(String.UnicodeScalarView(unicodeScalars.prefix(limit - 1))) + "…"
  }

  /// Control characters and line ends as blanks, none at the ends.
  fileprivate var oneLine: String {
    unicodeScalars.split { $0.value < 0x21 || $0.value == 0x7F }.map { String($0) }.joined(separator: " ")
  }
}
