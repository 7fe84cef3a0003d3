import CSPIngestorService
import ServiceRuntime

@main struct CspIngestor {
  static func main() async { await Node.run(CSPIngestorService.self) }
}
