import IncidentsService
import ServiceRuntime

@main struct Incidents {
  static func main() async { await Node.run(IncidentsService.self) }
}
