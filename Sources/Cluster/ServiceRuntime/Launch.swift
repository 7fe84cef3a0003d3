import FoundationEssentials
import Glibc
import HTTPServer
import HTTPTypes
import Logging
import OutboundClient
import Reactor
import ServiceLifecycle
public import StatusModel
import UnixSignals

extension Node {
  /// The whole life of a service's process: configuration from the environment, start, signals, graceful stop.
  /// With `--health` it asks the service that runs here whether it is ready, and exits with 0 or 1.
  public static func run<Service: ClusterService>(_ type: Service.Type) async {
    ProcessSetup.prepare()
    let node = startOrExit(Service.name)
    if CommandLine.arguments.dropFirst().first == "--health" { exit(await node.isReady() ? 0 : 1) }
    do {
      let service = try await RunningService.start(type, on: node)
      let group = ServiceGroup(
        configuration: ServiceGroupConfiguration(
          services: [.init(service: UntilShutdown(service: service))], gracefulShutdownSignals: [.sigterm, .sigint], logger: node.logger))
      try await group.run()
    } catch {
      fail("\(Service.name.rawValue) cannot start: \(error)")
    }
  }

  /// The node of this process, or the end of it with one line that says what to mend.
  public static func startOrExit(_ name: ServiceName) -> Node {
    do { return try Node(name, Configuration(environment: ProcessInfo.processInfo.environment)) } catch { fail("\(error)") }
  }

  /// Ends the process with `message` on standard error and status 1.
  public static func fail(_ message: String) -> Never {
    LineWriter(descriptor: 2).write { $0.append(contentsOf: "\(message)\n".utf8) }
    exit(1)
  }

  /// Asks the process that listens on this configuration's port.
  private func isReady() async -> Bool {
    let port = configuration.number("PORT") ?? Int(name.defaultPort)
    let answer = try? await onLoop { [outbound] in try await outbound.send(OutboundRequest(.get, "http://127.0.0.1:\(port)/ready")) }
    return answer?.status == .ok
  }
}

private struct UntilShutdown: Service {
  let service: RunningService

  func run() async throws {
    try? await gracefulShutdown()
    service.node.logger.info("stopping")
    await service.stop()
  }
}
