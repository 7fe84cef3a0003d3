import ServiceClients

/// `/history`: every public incident by month, the newest first.
struct HistoryPage: PageModel {
  static let template = "history"

  struct Month: Sendable {
    let name: String
    let incidents: [IncidentView]
  }

  let page: Layout
  let months: [Month]

  init(_ snapshot: PublicPages.Snapshot, _ setting: PageContext) {
    page = setting.layout(setting.strings("history"), path: "/history", isLive: true)
    let names = snapshot.data.names
    var months: [(name: String, incidents: [PublicIncident])] = []
    for incident in snapshot.data.incidents.sorted(by: { $0.startedAt > $1.startedAt }) {
      let name = Day(of: incident.startedAt, in: setting.zone).monthText(setting.language)
      if months.last?.name != name { months.append((name, [])) }
      months[months.count - 1].incidents.append(incident)
    }
    self.months = months.map { Month(name: $0.name, incidents: $0.incidents.map { IncidentView($0, names: names, setting) }) }
  }
}
