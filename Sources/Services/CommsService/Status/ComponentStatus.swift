/// What the public is told of a component, in Statuspage's words, from the best to the worst.
enum ComponentStatus: String, CaseIterable, Comparable, Sendable {
  case operational
  case underMaintenance = "under_maintenance"
  case degradedPerformance = "degraded_performance"
  case partialOutage = "partial_outage"
  case majorOutage = "major_outage"

  private var rank: Int {
    switch self {
    case .operational: 0
    case .underMaintenance: 1
    case .degradedPerformance: 2
    case .partialOutage: 3
    case .majorOutage: 4
    }
  }

  static func < (a: ComponentStatus, b: ComponentStatus) -> Bool { a.rank < b.rank }

  /// What a public incident of this severity (1 the worst) does to the components it names; a mitigated one degrades at most.
  init(severity: Int, status: IncidentStatus) {
    let full: ComponentStatus =
      switch severity {
      case ...1: .majorOutage
      case 2: .partialOutage
      case 3: .degradedPerformance
      default: .operational
      }
    self =
      switch status {
      case .open: full
      case .mitigated: min(full, .degradedPerformance)
      case .resolved: .operational
      }
  }
}
