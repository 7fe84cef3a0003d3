import Foundation
import Glibc
import Synchronization

/// A shell that waits for the end of its input, which only this process holds open: then it kills the server it was
/// last told of and removes the directory. So nothing outlives the tests, whatever ends them.
final class Guardian: Sendable {
  private let shell = Process()
  private let words: Mutex<FileHandle?>

  init(of directory: URL) throws {
    let pipe = Process.starting.withLock { _ in
      let pipe = Pipe()
      _ = fcntl(pipe.fileHandleForWriting.fileDescriptor, F_SETFD, FD_CLOEXEC)
      return pipe
    }
    shell.executableURL = URL(filePath: "/bin/sh")
    shell.arguments = [
      "-c",
      """
      trap '' HUP INT TERM
      while read -r pid; do server=$pid; done
      test -z "$server" || kill -KILL "$server" 2>/dev/null
      rm -rf "$0"
      """, directory.path,
    ]
    shell.standardInput = pipe
    shell.standardOutput = FileHandle.nullDevice
    shell.standardError = FileHandle.nullDevice
    words = Mutex(pipe.fileHandleForWriting)
    try shell.start()
  }

  /// Names the process to kill at the end; nil when there is none.
  func watch(_ pid: Int32?) {
    let line = Data("\(pid.map { String($0) } ?? "")\n".utf8)
    words.withLock { try? $0?.write(contentsOf: line) }
  }

  /// The shell does its work now.
  func end() {
    words.withLock { words in
      try? words?.close()
      words = nil
    }
  }

  var isRunning: Bool { shell.isRunning }
}
