import Glibc

/// What a server asks of the kernel once, before it starts.
public enum ProcessSetup {
  /// Allows as many open descriptors as the hard limit does, and lets a write to a closed connection fail rather than end the process.
  /// Returns the number of descriptors allowed.
  @discardableResult
  public static func prepare() -> Int {
    signal(SIGPIPE, SIG_IGN)
    var limit = rlimit()
    unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    limit.rlim_cur = limit.rlim_max
    unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    return Int(clamping: limit.rlim_cur)
  }

  /// Bytes of the file system that holds `path`, and those a process may still take; nil when there is none. Blocks (statvfs).
  public static func fileSystem(at path: String) -> (total: Int, free: Int)? {
    var status = statvfs()
    guard unsafe statvfs(path, &status) == 0 else { return nil }
    let block = Int(clamping: status.f_frsize)
    return (Int(clamping: status.f_blocks) * block, Int(clamping: status.f_bavail) * block)
  }
}
