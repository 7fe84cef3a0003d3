import FrontendService
import ServiceRuntime

@main struct Frontend {
  static func main() async { await Node.run(FrontendService.self) }
}
