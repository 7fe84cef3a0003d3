/// A Redis Cluster of three primaries on loopback, each with a third of the slots.
public final class PrivateCluster: Sendable {
  public let nodes: [PrivateRedis]

  /// Returns when every node finds the cluster whole.
  public init() async throws {
    var nodes: [PrivateRedis] = []
    var ports: [UInt16] = []
    for number in 1...3 {
      ports.append(PrivateRedis.freePort())
      let arguments = ["--cluster-enabled", "yes", "--cluster-node-timeout", "5000", "--cluster-port", "\(ports[number - 1])"]
      nodes.append(try await PrivateRedis(tcp: true, arguments: arguments))
    }
    self.nodes = nodes
    for (number, range) in [(0, 5460), (5461, 10922), (10923, 16383)].enumerated() {
      try await Self.order(nodes[number], "CLUSTER", "ADDSLOTSRANGE", "\(range.0)", "\(range.1)")
      try await Self.order(nodes[number], "CLUSTER", "SET-CONFIG-EPOCH", "\(number + 1)")
    }
    for number in 1...2 { try await Self.order(nodes[0], "CLUSTER", "MEET", "127.0.0.1", "\(nodes[number].port)", "\(ports[number])") }
    let end = ContinuousClock.now + .seconds(30)
    for node in nodes {
      while true {
        let info = try await node.ask("CLUSTER", "INFO")
        if info.contains("cluster_state:ok") && info.contains("cluster_known_nodes:3") { break }
        guard ContinuousClock.now < end else { throw ServerFailure(description: "the cluster is not whole:\n\(info)") }
        try await Task.sleep(for: .milliseconds(20))
      }
    }
  }

  /// The node that has the slot of `key`.
  public func owner(of key: String) async throws -> PrivateRedis {
    for node in nodes {
      guard let slot = Int(try await node.ask("CLUSTER", "KEYSLOT", key)) else { continue }
      let own = try await node.ask("CLUSTER", "NODES").split(separator: "\n").first { $0.contains("myself") } ?? ""
      for words in own.split(separator: " ").dropFirst(8) where !words.hasPrefix("[") {
        let ends = words.split(separator: "-").compactMap { Int($0) }
        if let first = ends.first, let last = ends.last, (first...last).contains(slot) { return node }
      }
    }
    throw ServerFailure(description: "no node has the slot of \(key)")
  }

  /// Moves the slot of `key`, key by key, as `redis-cli --cluster reshard` does; `halfway` runs while some keys have moved.
  public func move(slotOf key: String, to target: PrivateRedis, halfway: () async throws -> Void = {}) async throws {
    let source = try await owner(of: key)
    let slot = try await source.ask("CLUSTER", "KEYSLOT", key)
    let targetID = try await target.ask("CLUSTER", "MYID")
    try await Self.order(target, "CLUSTER", "SETSLOT", slot, "IMPORTING", source.ask("CLUSTER", "MYID"))
    try await Self.order(source, "CLUSTER", "SETSLOT", slot, "MIGRATING", targetID)
    var moved = 0
    while let name = try await source.ask("CLUSTER", "GETKEYSINSLOT", slot, "1").split(separator: "\n").first {
      try await Self.order(source, "MIGRATE", "127.0.0.1", "\(target.port)", String(name), "0", "5000")
      moved += 1
      if moved == 2 { try await halfway() }
    }
    for node in [target, source] + nodes.filter({ $0 !== target && $0 !== source }) {
      try await Self.order(node, "CLUSTER", "SETSLOT", slot, "NODE", targetID)
    }
  }

  public func stop() async { for node in nodes { await node.stop() } }

  private static func order(_ node: PrivateRedis, _ words: String...) async throws {
    let answer = try await node.ask(words)
    guard answer == "OK" else { throw ServerFailure(description: "\(words.joined(separator: " ")): \(answer)") }
  }
}
