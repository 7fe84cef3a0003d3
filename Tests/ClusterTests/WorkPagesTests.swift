import HTTPTypes
import JSONBytes
import StatusModel
import Testing

/// The pages of people who work, as a browser without JavaScript uses them.
struct WorkPagesTests {
  @Test func aStrangerIsLedToSignInAndAViewerOnlyLooks() async throws {
    try await Cluster.with { cluster in
      let id = try await Self.declare(cluster)
      let paths = [
        "/dashboard", "/dashboard/incidents", "/dashboard/new", "/dashboard/incidents/\(id)", "/dashboard/incidents/\(id)/announce",
      ]
      var stranger = Browser(cluster)
      for path in paths { #expect(try await stranger.get(path).location?.hasPrefix("/login?next=%2Fdashboard") == true, "\(path)") }
      #expect(try await stranger.get("/dashboard/stream").status == .unauthorized)
      var viewer = Browser(cluster)
      _ = try await viewer.get("/register")
      _ = try await viewer.post("/register", ["name": "Bo", "email": "bo@example.org", "password": "a long password"])
      let room = try await viewer.get("/dashboard/incidents/\(id)")
      #expect(room.status == .ok && room.text.contains("Checkout &lt;fails&gt;") && !room.text.contains("id=\"to-resolved\""))
      for path in ["/dashboard/new", "/dashboard/incidents/\(id)/announce", "/dashboard/incidents/\(id)/postmortem"] {
        #expect(try await viewer.get(path).status == .forbidden, "\(path)")
      }
      for doing in ["timeline", "status", "assign", "change", "announce", "withdraw", "postmortem"] {
        let refused = try await viewer.post("/dashboard/incidents/\(id)/\(doing)", ["status": "resolved", "message": "x"])
        #expect(refused.status == .forbidden, "\(doing)")
      }
      #expect(try await viewer.post("/dashboard/new", ["title": "x", "sev": "1"]).status == .forbidden)
    }
  }

  @Test func aNeighbourThatIsAwayCostsItsPart() async throws {
    try await Cluster.with { cluster in
      let id = try await Self.declare(cluster)
      var admin = try await Self.admin(cluster)
      for service in ServiceName.allCases where service != .frontend {
        await cluster.stop(service)
        for path in Self.pages(id) {
          let page = try await admin.get(path)
          #expect(page.status == .ok && page.text.contains("</html>"), "\(path) without \(service.rawValue)")
        }
        let room = try await admin.get("/dashboard/incidents/\(id)")
        #expect(room.text.contains("The \(service.rawValue) service is away") || service == .users, "\(service.rawValue)")
        try await cluster.start(service)
        try await eventually { try await cluster.call(service, .get, "/health").status == .ok }
      }
    }
  }

  static func pages(_ id: String) -> [String] { ["/dashboard", "/dashboard/incidents", "/dashboard/incidents/\(id)"] }

  @Test func twoWhoChangeTheSameThingAreTold() async throws {
    try await Cluster.with { cluster in
      let id = try await Self.declare(cluster)
      let token = try await cluster.signIn()
      var admin = try await Self.admin(cluster)
      _ = try await admin.get("/dashboard/incidents/\(id)")
      let shown = ["shown_title": "Checkout <fails>", "shown_sev": "2", "shown_services": "checkout", "shown_summary": ""]
      let change: JSONValue = ["sev": 3]
      #expect(try await cluster.call(.incidents, .patch, "/api/v1/incidents/\(id)", change, token: token).status == .ok)
      let other = ["title": "Checkout stands still", "sev": "2", "services": "checkout", "summary": ""]
      let titled = try await admin.post("/dashboard/incidents/\(id)/change", shown.merging(other) { $1 }.merging(["form": "change"]) { $1 })
      #expect(titled.status == .seeOther, "the title was nobody else's business")
      let same = ["title": "Checkout <fails>", "sev": "1", "services": "checkout", "summary": "half a sentence"]
      let refused = try await admin.post("/dashboard/incidents/\(id)/change", shown.merging(same) { $1 }.merging(["form": "change"]) { $1 })
      #expect(refused.status == .preconditionFailed && refused.text.contains("Somebody has changed that meanwhile"))
      #expect(refused.text.contains("half a sentence"))
      let now = try await cluster.call(.incidents, .get, "/api/v1/incidents/\(id)", token: token).json
      #expect(now["title"]?.string == "Checkout stands still" && now["sev"]?.integer == 3)
    }
  }

  @Test func whatCannotBeAcceptedIsShownWithWhatWasTyped() async throws {
    try await Cluster.with { cluster in
      let id = try await Self.declare(cluster)
      var admin = try await Self.admin(cluster)
      _ = try await admin.get("/dashboard/incidents/\(id)")
      let long = String(repeating: "x", count: 10_001)
      let written = try await admin.post(
        "/dashboard/incidents/\(id)/timeline", ["form": "write", "message": long, "type": "note", "visibility": "internal"])
      #expect(written.status == .badRequest && written.text.contains("id=\"write-message-error\"") && written.text.contains(long))
      let said = try await admin.post("/dashboard/incidents/\(id)/announce", ["message": " ", "state": "identified", "step": "preview"])
      #expect(said.status == .badRequest && said.text.contains("id=\"message-error\""))
      let illegal = try await admin.post("/dashboard/incidents/\(id)/status", ["status": "broken"])
      #expect(illegal.status == .badRequest && illegal.text.contains("role=\"alert\""))
      #expect(try await admin.get("/dashboard/incidents/INC-NONE22").status == .notFound)
      #expect(try await admin.get("/dashboard/incidents?sev=9&start=-5&status=x&q=%3Cb%3E").status == .badRequest)
    }
  }

  private static func declare(_ cluster: Cluster) async throws -> String {
    let body: JSONValue = ["title": "Checkout <fails>", "sev": 2, "services": ["checkout"]]
    let token = try await cluster.signIn()
    return try #require(try await cluster.call(.incidents, .post, "/api/v1/incidents", body, token: token).json["id"]?.string)
  }

  private static func admin(_ cluster: Cluster) async throws -> Browser {
    var admin = Browser(cluster)
    _ = try await admin.get("/login")
    _ = try await admin.post("/login", ["email": Cluster.adminMail, "password": Cluster.adminPassword])
    return admin
  }
}
