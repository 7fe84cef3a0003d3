import FlagsService
import ServiceRuntime

@main struct Main {
  static func main() async { await Node.run(Flags.self) }
}
