import StatusModel

/// What metrics are counted from: one small row for each incident. 100,000 take about 8 MB, and a count of them a few milliseconds.
struct IncidentRows: Sendable {
  /// Of one incident. Times in epoch seconds.
  struct Facts: Sendable, Equatable {
    var startedAt: Int
    /// 1 to 4.
    var severity: Int
    /// Lower-cased.
    var services: [String]
    var acknowledgedAt: Int?
    var mitigatedAt: Int?
    var resolvedAt: Int?
  }

  /// Seconds from the start; -1 for what has not happened.
  private struct Row {
    var startedAt: Int
    /// Months since January of the year 0.
    var month: Int32
    /// Which set of services.
    var services: Int32
    var acknowledged, mitigated, resolved: Int32
    var severity: Int8
  }

  enum Grouping: String, CaseIterable, Sendable { case sev, service, month }

  private var rows: [Row] = []
  private var places: [String: Int32] = [:]
  private var names: [String] = []
  private var nameNumbers: [String: Int32] = [:]
  /// Of the sets one after another: the numbers of their services, and where each set begins; at last where the next will.
  private var setMembers: [Int32] = []
  private var setStarts: [Int32] = [0]
  private var setNumbers: [[Int32]: Int32] = [:]

  var count: Int { rows.count }

  mutating func put(_ id: String, _ facts: Facts) {
    func seconds(_ time: Int?) -> Int32 { time.map { Int32(clamping: max(0, $0 - facts.startedAt)) } ?? -1 }
    let row = Row(
      startedAt: facts.startedAt, month: Self.month(of: facts.startedAt), services: number(ofSet: facts.services),
      acknowledged: seconds(facts.acknowledgedAt), mitigated: seconds(facts.mitigatedAt), resolved: seconds(facts.resolvedAt),
      severity: Int8(clamping: facts.severity))
    if let place = places[id] {
      rows[Int(place)] = row
    } else {
      places[id] = Int32(rows.count)
      rows.append(row)
    }
  }

  private mutating func number(ofSet services: [String]) -> Int32 {
    var numbers: [Int32] = []
    for service in services {
      let number = nameNumbers[service] ?? Int32(names.count)
      if number == names.count {
        nameNumbers[service] = number
        names.append(service)
      }
      if !numbers.contains(number) { numbers.append(number) }
    }
    if let known = setNumbers[numbers] { return known }
    let number = Int32(setNumbers.count)
    setNumbers[numbers] = number
    setMembers += numbers
    setStarts.append(Int32(setMembers.count))
    return number
  }

  // MARK: Counting

  /// How long something took, in seconds, over the incidents of a group to which it has happened; of none there are no figures.
  struct Figures: Sendable, Equatable {
    var count = 0
    var mean: Double?
    /// The middle one, or halfway between the middle two.
    var median: Double?
    /// The smallest that nine of ten do not exceed.
    var p90: Int?
  }

  struct Group: Sendable, Equatable {
    /// A severity, a service, a month such as 2026-03; nil for incidents without a service.
    var key: String?
    var count = 0
    /// Not resolved.
    var unresolved = 0
    var acknowledge = Figures()
    var mitigate = Figures()
    var resolve = Figures()
  }

  /// The incidents that began in `range`, in groups: severities and months in order, services by their number of incidents.
  func groups(by grouping: Grouping, _ range: ClosedRange<Int>) -> [Group] {
    let lowest = grouping == .month ? rows.lazy.map(\.month).min() ?? 0 : 0
    let size =
      switch grouping {
      case .sev: 5
      case .service: names.count + 1
      case .month: Int((rows.lazy.map(\.month).max() ?? 0) - lowest) + 1
      }
    var members: [(row: Int32, group: Int32)] = []
    members.reserveCapacity(rows.count * (grouping == .service ? 2 : 1))
    for index in rows.indices where range.contains(rows[index].startedAt) {
      switch grouping {
      case .sev: members.append((Int32(index), Int32(rows[index].severity)))
      case .month: members.append((Int32(index), rows[index].month - lowest))
      case .service:
        let set = Int(rows[index].services)
        let (first, end) = (Int(setStarts[set]), Int(setStarts[set + 1]))
        if first == end { members.append((Int32(index), Int32(names.count))) }
        for place in first..<end { members.append((Int32(index), setMembers[place])) }
      }
    }
    var groups = (0..<size).map { Group(key: key($0, grouping, lowest)) }
    count(members, &groups)
    groups = groups.compactMap { group in
      var group = group
      group.unresolved = group.count - group.resolve.count
      return group.count > 0 ? group : nil
    }
    if grouping == .service { groups.sort { ($1.count, $0.key ?? "") < ($0.count, $1.key ?? "") } }
    return groups
  }

  /// Works out the figures of all groups from their members. The values of one kind stand in one array, group by group.
  private func count(_ members: [(row: Int32, group: Int32)], _ groups: inout [Group]) {
    var (acknowledged, mitigated, resolved) = (Values(groups.count), Values(groups.count), Values(groups.count))
    for member in members {
      let (row, group) = (rows[Int(member.row)], Int(member.group))
      groups[group].count += 1
      acknowledged.announce(row.acknowledged, group)
      mitigated.announce(row.mitigated, group)
      resolved.announce(row.resolved, group)
    }
    acknowledged.layOut()
    mitigated.layOut()
    resolved.layOut()
    for member in members {
      let (row, group) = (rows[Int(member.row)], Int(member.group))
      acknowledged.put(row.acknowledged, group)
      mitigated.put(row.mitigated, group)
      resolved.put(row.resolved, group)
    }
    for index in groups.indices {
      groups[index].acknowledge = acknowledged.figures(index)
      groups[index].mitigate = mitigated.figures(index)
      groups[index].resolve = resolved.figures(index)
    }
  }

  /// Seconds of one kind, group by group; negative ones are passed over. All are announced, then put.
  private struct Values {
    /// Of each group, where its next value goes: its end when all were put.
    private var ends: [Int]
    private var all: [Int32] = []

    init(_ groups: Int) { ends = [Int](repeating: 0, count: groups + 1) }

    mutating func announce(_ value: Int32, _ group: Int) {
      if value >= 0 { ends[group + 1] += 1 }
    }

    mutating func layOut() {
      for index in ends.indices.dropFirst() { ends[index] += ends[index - 1] }
      all = [Int32](repeating: 0, count: ends[ends.count - 1])
    }

    mutating func put(_ value: Int32, _ group: Int) {
      guard value >= 0 else { return }
      all[ends[group]] = value
      ends[group] += 1
    }

    func figures(_ group: Int) -> Figures {
      IncidentRows.figures(all, (group > 0 ? ends[group - 1] : 0)..<ends[group])
    }
  }

  private func key(_ index: Int, _ grouping: Grouping, _ lowest: Int32) -> String? {
    switch grouping {
    case .sev: return String(index)
    case .service: return index < names.count ? names[index] : nil
    case .month:
      let month = Int(lowest) + index
      return "\(month / 12)-\(month % 12 < 9 ? "0" : "")\(month % 12 + 1)"
    }
  }

  /// Of the values in `range`, none of which is negative. Instead of sorting them it counts them in buckets, and sorts the buckets asked for.
  static func figures(_ values: [Int32], _ range: Range<Int>) -> Figures {
    let count = range.count
    guard count > 0 else { return Figures() }
    var (sum, largest) = (0, Int32(0))
    for place in range {
      sum += Int(values[place])
      largest = max(largest, values[place])
    }
    var shift = 0
    while largest >> Int32(shift) >= buckets { shift += 1 }
    var counts = [Int](repeating: 0, count: Int(buckets))
    for place in range { counts[Int(values[place] >> Int32(shift))] += 1 }

    var (opened, sorted): (Int32, [Int32]) = (-1, [])
    func value(at rank: Int) -> Int {
      var (bucket, before) = (0, 0)
      while before + counts[bucket] <= rank {
        before += counts[bucket]
        bucket += 1
      }
      if opened != bucket {
        opened = Int32(bucket)
        sorted = values[range].filter { $0 >> Int32(shift) == opened }.sorted()
      }
      return Int(sorted[rank - before])
    }
    let median = Double(value(at: (count - 1) / 2) + value(at: count / 2)) / 2
    return Figures(count: count, mean: Double(sum) / Double(count), median: median, p90: value(at: (count * 9 + 9) / 10 - 1))
  }

  private static let buckets: Int32 = 256

  /// Months from January of the year 0 to that of a time in UTC.
  private static func month(of seconds: Int) -> Int32 {
    let day = ISO8601.civil(days: seconds / 86_400)
    return Int32(day.year * 12 + day.month - 1)
  }
}
