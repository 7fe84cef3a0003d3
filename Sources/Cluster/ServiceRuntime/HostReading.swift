import FoundationEssentials
import Reactor

/// What the machine and the process have and use, read from /proc. Blocks for microseconds: call it on a worker.
struct HostReading: Sendable {
  /// Bytes.
  struct Space: Sendable {
    let total: Int
    let free: Int
    var used: Int { total - free }
  }

  var disk = Space(total: 0, free: 0)
  var memory = Space(total: 0, free: 0)
  var swap = Space(total: 0, free: 0)
  /// Clock ticks since the machine started: all cores, then each.
  var cores: [CoreTimes] = []
  /// Resident bytes of the process.
  var residentBytes = 0
  /// Processor seconds of the process, user and system.
  var processSeconds = 0.0
  var openDescriptors = 0

  struct CoreTimes: Sendable {
    let names: [String]
    let ticks: [Int]
    var total: Int { ticks.reduce(0, +) }
    /// Neither idle nor waiting for a disk.
    var busy: Int { total - (ticks.count > 4 ? ticks[3] + ticks[4] : 0) }

    /// Of the time since `earlier`, in percent.
    func percent(since earlier: CoreTimes?) -> Double {
      let all = total - (earlier?.total ?? 0)
      return all > 0 ? Double(busy - (earlier?.busy ?? 0)) * 100 / Double(all) : 0
    }
  }

  static func now() -> HostReading {
    var reading = HostReading()
    let files = FileManager.default
    if let disk = ProcessSetup.fileSystem(at: "/") { reading.disk = Space(total: disk.total, free: disk.free) }
    let memory = numbers("/proc/meminfo")
    reading.memory = Space(total: (memory["MemTotal"] ?? 0) * 1024, free: (memory["MemAvailable"] ?? 0) * 1024)
    reading.swap = Space(total: (memory["SwapTotal"] ?? 0) * 1024, free: (memory["SwapFree"] ?? 0) * 1024)
    reading.residentBytes = (numbers("/proc/self/status")["VmRSS"] ?? 0) * 1024
    let names = ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal"]
    reading.cores = lines("/proc/stat").filter { $0.hasPrefix("cpu") }.map { line in
      CoreTimes(names: names, ticks: line.split(separator: " ").dropFirst().prefix(names.count).compactMap { Int($0) })
    }
    let process = (lines("/proc/self/stat").first ?? "").split(separator: ")").last?.split(separator: " ") ?? []
    if process.count > 12 { reading.processSeconds = Double((Int(process[11]) ?? 0) + (Int(process[12]) ?? 0)) / 100 }
    reading.openDescriptors = (try? files.contentsOfDirectory(atPath: "/proc/self/fd").count) ?? 0
    return reading
  }

  private static func lines(_ path: String) -> [Substring] {
    ((try? String(contentsOfFile: path, encoding: .utf8)) ?? "").split(separator: "\n")
  }

  /// `Name:   123 kB` lines.
  private static func numbers(_ path: String) -> [String: Int] {
    var found: [String: Int] = [:]
    for line in lines(path) {
      let parts = line.split(separator: ":", maxSplits: 1)
      if parts.count == 2, let number = Int(parts[1].split { $0 == " " || $0 == "\t" }.first ?? "") { found[String(parts[0])] = number }
    }
    return found
  }
}
