import JSONBytes
import Messaging
import PrivateServers
import Reactor
import RedisClient
import ServiceCalls
import StatusModel
import Testing

@testable import IncidentsService

@Suite struct ReplicationTests {
  @Test func `a change that no replica has is told as stored, and its repeat is the same change once a replica has it`() async throws {
    let server = try await PrivateRedis(tcp: true, arguments: ["--repl-diskless-sync-delay", "0"])
    let group = LoopGroup(count: 1)
    let workers = WorkerPool(threads: 1)
    group.start()
    var configuration = try RedisConfiguration(url: server.url)
    configuration.replicas = 1
    configuration.replicationTimeout = .seconds(1)
    configuration.commandTimeout = .seconds(5)
    let redis = Redis(configuration, loops: group, workers: workers)
    let mutations = Mutations(redis: redis, namespace: StoreBench.namespace, sender: .incidents, clock: { 1_790_000_000_000 })
    let store = IncidentsStore(redis: redis, mutations: mutations, namespace: StoreBench.namespace)
    try await group.onEach { _ in
      try await Caller.$current.withValue(Caller(person: StoreBench.ada)) { try await Self.declare(store, server) }
    }
    await redis.close()
    group.stop()
    workers.stop()
    await server.stop()
  }

  private static func declare(_ store: IncidentsStore, _ server: PrivateRedis) async throws {
    func create() async -> Result<IncidentsStore.Declared, Failure> {
      await RepeatKey.$current.withValue("a-key") {
        do throws(Failure) { return .success(try await store.create(NewIncident(title: "Checkout down", severity: 2))) } catch {
          return .failure(error)
        }
      }
    }
    for _ in 1...2 {
      guard case .failure(.unavailable(let message, _)) = await create() else {
        Issue.record("acknowledged without a replica")
        return
      }
      #expect(message.contains("stored here but not yet replicated"))
    }
    await #expect { try await store.detail("INC-000000") } throws: { if case Failure.notFound? = $0 as? Failure { true } else { false } }
    let replica = try await PrivateRedis(arguments: ["--replicaof", "127.0.0.1 \(server.port)"])
    let end = ContinuousClock.now + .seconds(20)
    var repeated = await create()
    while case .failure = repeated, ContinuousClock.now < end { repeated = await create() }
    let declared = try repeated.get()
    #expect(try await replica.ask("XLEN", "\(StoreBench.namespace):bus") == "1", "one change, one message")
    #expect(try JSONValue(parsing: try await store.detail(declared.id).json)["title"]?.string == "Checkout down")
    await replica.stop()
  }
}
