import UsersService
import ServiceRuntime

@main struct Users {
  static func main() async { await Node.run(UsersService.self) }
}
