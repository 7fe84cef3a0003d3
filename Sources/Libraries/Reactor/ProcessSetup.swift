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
}
