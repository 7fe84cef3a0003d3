import IncidentsService
import ServiceRuntime

@main struct Main {
  static func main() async { await Node.run(Incidents.self) }
}
