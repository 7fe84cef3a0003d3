import CommsService
import ServiceRuntime

@main struct Comms {
  static func main() async { await Node.run(CommsService.self) }
}
