import FrontendService
import ServiceRuntime

@main struct Main {
  static func main() async { await Node.run(Frontend.self) }
}
