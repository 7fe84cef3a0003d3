import FlagsService
import ServiceRuntime

@main struct Flags {
  static func main() async { await Node.run(FlagsService.self) }
}
