import JSONBytes

/// What a body means, from bytes alone. `contentType` and `address` are those of the answer; a `registered` family must fit (Statuspage and
/// incident.io stand for each other, and so do RSS and Atom); `now` dates what bears no year.
/// Throws `empty`, `charset`, `html`, `syntax`, `shape`.
func readFeed(
  _ body: [UInt8], contentType: String?, address: String, registered: Family?, now: Int
) throws(Refusal) -> Snapshot {
  let (text, charset) = try Charset.decode(body, contentType: contentType)
  let context = FeedContext(address: address, registered: registered, now: now)
  let isMarkup = text.first { !PlainText.isBlank($0) } == UInt8(ascii: "<")
  var snapshot = try isMarkup ? readMarkup(text, context) : readJSON(text, charset, context)
  snapshot.charset = charset.rawValue
  return snapshot
}

/// What an adapter may know beside the document.
struct FeedContext: Sendable {
  let address: String
  let registered: Family?
  let now: Int
  /// Of the address, in lower case, without query.
  let path: String

  init(address: String, registered: Family?, now: Int) {
    self.address = address
    self.registered = registered
    self.now = now
    path = address.lowercased().prefix { $0 != "?" && $0 != "#" }.description
  }

  /// Whether a document of `family` is what was registered.
  func admits(_ family: Family) -> Bool {
    guard let registered, registered != family else { return true }
    // AWS publishes in RSS too.
    if registered == .aws { return family == .rss }
    let pairs: [Set<Family>] = [[.statuspage, .incidentio], [.rss, .atom]]
    return pairs.contains([registered, family])
  }
}

private func readJSON(_ text: [UInt8], _ charset: Charset, _ context: FeedContext) throws(Refusal) -> Snapshot {
  let root: JSONValue
  do { root = try JSONValue(parsing: text) } catch { throw .syntax }
  if root.array?.isEmpty == true { return try quiet(charset, context) }
  guard let family = FamilyDetection.family(of: root), context.admits(family) else { throw .shape }
  return read(root, family, context)
}

/// An empty list says that nothing is the matter; of which family, only the address or the characters can tell.
private func quiet(_ charset: Charset, _ context: FeedContext) throws(Refusal) -> Snapshot {
  let isUTF16 = charset == .utf16BigEndian || charset == .utf16LittleEndian
  let guess: Family? =
    if isUTF16 || context.path.contains("currentevents") { .aws } else if context.path.hasSuffix("/incidents.json") { .google } else { nil }
  let family = context.registered ?? guess
  guard let family else { return Snapshot(family: nil) }
  guard family == .aws || family == .google else { throw .shape }
  return Snapshot(family: family, absence: family == .aws ? .all : .none)
}

private func read(_ root: JSONValue, _ family: Family, _ context: FeedContext) -> Snapshot {
  switch family {
  case .statuspage, .incidentio:
    IncidentIOFeed.summary(root) == nil ? StatuspageFeed.read(root, family, context) : IncidentIOFeed.read(root)
  case .google: GoogleFeed.read(root)
  case .aws: root.array == nil ? AWSRetiredFeed.read(root) : AWSFeed.read(root)
  case .statusio: StatusIOFeed.read(root)
  case .slack: SlackFeed.read(root)
  case .instatus: InstatusFeed.read(root)
  case .betterstack: BetterStackFeed.read(root)
  case .heroku: HerokuFeed.read(root)
  case .rss, .atom: Snapshot(family: family)
  }
}

private func readMarkup(_ text: [UInt8], _ context: FeedContext) throws(Refusal) -> Snapshot {
  guard !XMLDocument.isHTML(text) else { throw .html }
  let root = try XMLDocument.root(of: text)
  let family: Family
  switch root.localName {
  case "rss": family = .rss
  case "feed": family = .atom
  default: throw .shape
  }
  guard context.admits(family) else { throw .shape }
  return family == .rss ? try RSSFeed.read(root, context) : AtomFeed.read(root, context)
}
