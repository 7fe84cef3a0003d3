/// The replies a connection still owes, oldest first: Redis answers in the order it was asked.
/// A command that is given up (time-out, cancellation) keeps its place, because its reply still comes.
struct Pipeline<Waiter> {
  private struct Place {
    let id: UInt64
    /// Nanoseconds of the monotonic clock.
    let deadline: UInt64
    /// Nil once given up.
    var waiter: Waiter?
  }

  /// A ring; its size is a power of two.
  private var places: [Place?] = Array(repeating: nil, count: 16)
  private var head = 0
  private(set) var count = 0

  private func index(_ offset: Int) -> Int { (head &+ offset) & (places.count &- 1) }

  /// `id` is greater than every one before. Without a waiter nobody wants the reply.
  mutating func append(id: UInt64, deadline: UInt64, _ waiter: Waiter?) {
    if count == places.count { grow() }
    places[index(count)] = Place(id: id, deadline: deadline, waiter: waiter)
    count += 1
  }

  /// Takes the oldest away, for which a reply has come. Its waiter is nil when it was given up.
  mutating func removeFirst() -> (id: UInt64, waiter: Waiter?) {
    precondition(count > 0, "a reply that nothing asked for")
    let place = places[head]!
    places[head] = nil
    head = index(1)
    count -= 1
    return (place.id, place.waiter)
  }

  /// Gives up the command `id`; nil when it has been answered or given up before.
  mutating func giveUp(id: UInt64) -> Waiter? {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if places[index(middle)]!.id < id { low = middle + 1 } else { high = middle }
    }
    guard low < count, places[index(low)]!.id == id else { return nil }
    return places[index(low)]!.waiter.take()
  }

  /// Gives up, oldest first, what was due by `now`.
  mutating func giveUpOverdue(at now: UInt64) -> [Waiter] {
    var overdue: [Waiter] = []
    for offset in 0..<count where places[index(offset)]!.deadline <= now {
      if let waiter = places[index(offset)]!.waiter.take() { overdue.append(waiter) }
    }
    return overdue
  }

  /// When the oldest reply was or is due.
  var oldestDeadline: UInt64? { count == 0 ? nil : places[head]!.deadline }

  /// When the oldest command that is not given up is due.
  var nextDeadline: UInt64? {
    for offset in 0..<count where places[index(offset)]!.waiter != nil { return places[index(offset)]!.deadline }
    return nil
  }

  private mutating func grow() {
    places = (0..<count).map { places[index($0)] } + Array(repeating: nil, count: count)
    head = 0
  }
}
