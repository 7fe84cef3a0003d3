import Glibc
import HTTPServer
import HTTPTypes
import Reactor

// A server in a process of its own, at the Unix path that is its only argument: for tests of what belongs to a whole process.
let loops = LoopGroup(count: 1)
loops.start()
let router = Router([Route(.post, "/echo") { request in Response(contentType: "application/octet-stream", request.body) }])
let server = Server(router, loops: loops)
try await server.listen(at: .unix(path: CommandLine.arguments[1]))
while true { pause() }
