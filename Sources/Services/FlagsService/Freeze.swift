import HTTPTypes
import JSONBytes
import ServiceRuntime
import StatusModel

/// While an incident of severity 1 is open, only kill switches and flags of its services are switched, if so configured.
struct Freeze: Sendable {
  /// FLAGS_FREEZE_ON_SEV1.
  let isOn: Bool
  let neighbours: Neighbours

  /// Throws `.conflict` while `flag` is frozen. With incidents away nothing is: a switch that cannot be reached helps nobody.
  func check(_ flag: FlagDefinition) async throws(Failure) {
    guard let incident = await blocking(flag) else { return }
    throw .conflict(
      "\(flag.id) is frozen while \(incident) of severity 1 is open. Kill switches and flags whose tags name one of its services are not.")
  }

  func isOff(for flag: FlagDefinition) async throws(Failure) -> Bool { await blocking(flag) == nil }

  /// The id of an incident that freezes `flag`.
  private func blocking(_ flag: FlagDefinition) async -> String? {
    guard isOn, !flag.isKillSwitch else { return nil }
    let found = try? await neighbours.call(.incidents, .get, "/api/v1/incidents?status=open&sev=1&maxResults=100", timeout: .seconds(2))
    let tags = Set(flag.tags.map { $0.lowercased() })
    let incident = found?.array?.first { incident in
      !(incident["services"]?.array ?? []).contains { tags.contains($0.string?.lowercased() ?? "") }
    }
    return incident?["id"]?.string
  }
}
