import CSPIngestorService
import ServiceRuntime

@main struct Main {
  static func main() async {
    if await ReplayCommand.answer(CommandLine.arguments) { return }
    await Node.run(CSPIngestor.self)
  }
}
