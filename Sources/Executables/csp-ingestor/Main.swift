import CSPIngestorService
import ServiceRuntime

@main struct Main {
  static func main() async { await Node.run(CSPIngestor.self) }
}
