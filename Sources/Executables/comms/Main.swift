import CommsService
import ServiceRuntime

@main struct Main {
  static func main() async { await Node.run(Comms.self) }
}
