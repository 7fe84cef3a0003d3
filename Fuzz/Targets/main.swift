// `FUZZ_TARGET=NAME fuzz OPTION… FOLDER…`: libFuzzer over one parser. scripts/fuzz.sh runs it.
import CFuzzer
import Glibc

let name = unsafe getenv("FUZZ_TARGET").map { unsafe String(cString: $0) }
let target: @Sendable ([UInt8]) -> Void =
  switch name {
  case "http-head": fuzzHTTPHead
  case "http-connection": fuzzHTTPConnection
  case "json": fuzzJSON
  case "message": fuzzMessage
  case let family? where family.hasPrefix("feed-"): fuzzFeed
  case "signature": fuzzSignature
  default: fatalError("FUZZ_TARGET names no target: \(name ?? "")")
  }

var count = CommandLine.argc
var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = unsafe CommandLine.unsafeArgv
let code = unsafe LLVMFuzzerRunDriver(&count, &arguments) { data, count in
  target(unsafe Array(UnsafeBufferPointer(start: data, count: count)))
  return 0
}
exit(code)
