import ServiceClients
public import ServiceRuntime
public import StatusModel

/// The pages: the public ones from snapshots in memory, the others made for who asks. It stores nothing.
public struct Frontend: ClusterService {
  public static let name = ServiceName.frontend
  public static var swagger: String { Embedded.swaggerYaml }
  public static let dependencies =
    [Dependency.redis] + [ServiceName.users, .incidents, .comms, .cspIngestor, .flags].map(Dependency.neighbour)

  let node: Node
  let sessions: SessionsClient
  let users: UsersClient
  let incidents: IncidentsClient
  let comms: CommsClient
  let providers: ProvidersClient
  let flags: FlagsAdminClient
  /// Tells open pages of people at work what has changed.
  let changes: EventStream
  let renderer: Renderer
  let cookies: Cookies
  let pages: PublicPages
  let gallery: Gallery?

  /// Throws what is wrong with a template.
  public init(_ node: Node) throws {
    self.node = node
    sessions = SessionsClient(node.neighbours)
    users = UsersClient(node.neighbours)
    incidents = IncidentsClient(node.neighbours)
    comms = CommsClient(node.neighbours)
    providers = ProvidersClient(node.neighbours)
    flags = FlagsAdminClient(node.neighbours)
    changes = EventStream(node.watcher)
    let isHTTPS = node.configuration.text("PUBLIC_URL").hasPrefix("https://")
    renderer = try Renderer(isHTTPS: isHTTPS)
    cookies = Cookies(isHTTPS: isHTTPS)
    pages = PublicPages(node, comms: comms, renderer: renderer, export: StaticExport(node.configuration))
    gallery = node.configuration.text("POLYSTATUS_ENV") == "development" ? Gallery() : nil
  }

  public var routes: [ServiceRoute] {
    publicRoutes + accountRoutes + workRoutes + warRoomRoutes + flagRoutes + webhookRoutes + componentRoutes + publicProviderRoutes
      + providerRoutes
      + messageRoutes + peopleRoutes + profileRoutes + subscriptionRoutes
      + documentRoutes + galleryRoutes
  }

  /// It can do its work as long as it has something to show, however old.
  public var isReady: (@Sendable () -> Bool)? { { [pages] in pages.isReady } }

  public func run() async { await pages.run() }
}
