import UsersService
import ServiceRuntime

@main struct Main {
  static func main() async { await Node.run(Users.self) }
}
