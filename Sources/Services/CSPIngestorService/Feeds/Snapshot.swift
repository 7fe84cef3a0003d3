/// The shapes in which providers publish.
enum Family: String, Sendable, CaseIterable {
  case statuspage, incidentio, google, aws, statusio, slack, instatus, betterstack, heroku, rss, atom
}

/// One body of a feed, understood.
struct Snapshot: Sendable, Equatable {
  /// Nil: an empty list that could be of several.
  var family: Family?
  /// As it was decoded: utf-8, utf-16-be, utf-16-le, iso-8859-1, windows-1252.
  var charset = "utf-8"
  /// In the document's order, each id once.
  var events: [ProviderEvent] = []
  var absence = Absence.none
  /// Items that were skipped; with any, `absence` is none.
  var unreadable = 0
  /// `member: value` of enum values nobody documented, and how often each was met.
  var unknownValues: [String: Int] = [:]
  var pageID: String?
  var pageUpdatedAt: Int?
  /// The provider's components now: for the graph, they are no events.
  var componentStates: [ProviderComponent] = []
}

/// Which open events have ended when the document lists them no more.
enum Absence: String, Sendable { case all, incidents, none }

/// Why a body is no snapshot. It changes no event.
enum Refusal: String, Error, Sendable, CaseIterable {
  case empty, charset, html, syntax, shape, stale
  case otherPage = "other_page"
  case tooLarge = "too_large"
  case httpStatus = "http_status"
  case transport
}
