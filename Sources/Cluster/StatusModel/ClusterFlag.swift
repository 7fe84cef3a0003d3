/// The flags the cluster itself obeys. The flags service makes them at its first start; only admins change them.
public enum ClusterFlag: String, CaseIterable, Sendable {
  /// Whether an event of a provider may open an incident by itself.
  case cspAutoIncident = "csp_auto_incident"
  /// Whether anybody may report that a provider has trouble.
  case publicReports = "public_reports"
  /// Whether requests and answers are copied to the hub.
  case captureTraffic = "capture_traffic"

  /// What it is made with, and what holds while nobody could be asked yet.
  public var standard: Bool { true }

  /// One sentence for people.
  public var about: String {
    switch self {
    case .cspAutoIncident: "An event of a provider may open an incident by itself."
    case .publicReports: "Anybody may report that a provider has trouble."
    case .captureTraffic: "Requests and answers are copied to the hub."
    }
  }
}
