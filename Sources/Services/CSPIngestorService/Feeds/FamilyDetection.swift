import JSONBytes

/// Which family a document of JSON is of, from its members alone.
enum FamilyDetection {
  static func family(of root: JSONValue) -> Family? {
    switch root {
    case .array(let items): ofList(items)
    case .object(let object): ofObject(object)
    default: nil
    }
  }

  private static func ofList(_ items: [JSONValue]) -> Family? {
    for case .object(let item) in items {
      if item["impacted_services"] != nil || item["event_log"] != nil { return .aws }
      if item["begin"] != nil, item["external_desc"] != nil || item["updates"] != nil { return .google }
    }
    return nil
  }

  private static func ofObject(_ root: JSONObject) -> Family? {
    if let id = root["page"]?["id"]?.string, isStatuspage(root) {
      let lists = [root["incidents"], root["scheduled_maintenances"]]
      return id.utf8.count == incidentIOIDLength || lists.contains(.some(.null)) ? .incidentio : .statuspage
    }
    if IncidentIOFeed.summary(.object(root)) != nil { return .incidentio }
    if root["result"]?["status_overall"] != nil { return .statusio }
    if root["active_incidents"] != nil { return .slack }
    let pages = [root["page"], root["site"]].compactMap { $0?["status"]?.string }
    if pages.contains(where: { InstatusFeed.pageStates.contains($0) }) { return .instatus }
    if root["data"]?["type"]?.string == "status_page" { return .betterstack }
    if root["status"]?.array != nil, root["scheduled"]?.array != nil { return .heroku }
    if root["current"]?.array != nil, root["archive"]?.array != nil { return .aws }
    return nil
  }

  private static func isStatuspage(_ root: JSONObject) -> Bool {
    root["status"]?["indicator"] != nil || root["components"] != nil || root["incidents"] != nil || root["scheduled_maintenances"] != nil
  }

  /// A ULID's; Statuspage's have 12.
  private static let incidentIOIDLength = 26
}
