import ServiceRuntime
import UsersService

@main struct Main {
  static func main() async {
    if await UsersCommands.answer(CommandLine.arguments) { return }
    await Node.run(Users.self)
  }
}
