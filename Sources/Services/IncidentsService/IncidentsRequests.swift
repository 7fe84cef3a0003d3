import JSONBytes

// What requests ask for, once it has been read and checked. Limits are in `Bounds` and in the swagger.

struct NewIncident: Sendable {
  var title: String
  var severity: Int
  var services: [String] = []
  var summary = ""
  var source = Source.manual
  var external: External?
  var cid: String?
}

/// What an incident is elsewhere; `provider` and `id` together have one incident.
struct External: Sendable {
  var provider: String
  var id: String
  var url: String?

  var json: String {
    #"{"provider":\#(JSONText.quoted(provider)),"id":\#(JSONText.quoted(id)),"url":\#(url.map(JSONText.quoted) ?? "null")}"#
  }
  var indexField: String { JSONText.array([provider, id]) }
}

/// What is nil stays as it is.
struct IncidentChange: Sendable {
  enum CID: Sendable { case keep, empty, set(String) }
  var title: String?
  var severity: Int?
  var services: [String]?
  var summary: String?
  var cid = CID.keep
}

struct Assignment: Sendable {
  var user: String
  var role = IncidentRole.commander
}

struct StatusChange: Sendable {
  var status: Status
  /// For the timeline; empty: none.
  var message = ""
}

struct NewTimelineEntry: Sendable {
  var kind: EntryKind
  var message: String
  var visibility = Visibility.internal
}

struct NewPostmortem: Sendable {
  struct ActionItem: Sendable {
    /// Of an item the postmortem has already.
    var id: String?
    var title: String
    var owner: String?
    /// Epoch seconds.
    var dueAt: Int?
    var done = false

    /// Title, owner, due_at and done as JSON texts.
    var members: [String] {
      [JSONText.quoted(title), owner.map(JSONText.quoted) ?? "null", dueAt.map(String.init) ?? "null", done ? "true" : "false"]
    }
  }

  var whatHappened: String
  var rootCause: String
  var impact = ""
  var detection = ""
  var contributingFactors: [String] = []
  var lessons = ""
  var state = PostmortemState.draft
  var actionItems: [ActionItem] = []

  /// As JSON members, without state and action items.
  var members: String {
    let texts = [
      ("what_happened", whatHappened), ("root_cause", rootCause), ("impact", impact), ("detection", detection), ("lessons", lessons),
    ]
    return texts.map { #""\#($0)":\#(JSONText.quoted($1)),"# }.joined()
      + #""contributing_factors":\#(JSONText.array(contributingFactors))"#
  }
}

struct IncidentFilter: Sendable {
  var status: Status?
  var severity: Int?
  var service: String?
  /// Lower-cased, as `Words.of` gives them; all must be there.
  var words: [String] = []
  /// A user's id.
  var commander: String?
  /// Who has written at its postmortem.
  var author: String?
  /// A user's id.
  var follower: String?
  var source: Source?
  var cid: String?
  /// Bounds of started_at in epoch seconds, both included.
  var from: Int?
  var to: Int?
  var oldestFirst = false
}
