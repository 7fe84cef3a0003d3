internal import HeapModule

/// The pending timers of one loop: a heap by time; a cancelled one stays in the heap until its time, without its action.
struct Timers {
  private struct Entry: Comparable {
    let time: UInt64
    let number: UInt64
    static func < (a: Entry, b: Entry) -> Bool { (a.time, a.number) < (b.time, b.number) }
  }
  private var heap = Heap<Entry>()
  private var actions: [UInt64: () -> Void] = [:]
  private var last: UInt64 = 0

  /// The time of the earliest entry, in nanoseconds of the monotonic clock.
  var next: UInt64? { heap.min?.time }

  mutating func add(at time: UInt64, _ action: @escaping () -> Void) -> UInt64 {
    last += 1
    heap.insert(Entry(time: time, number: last))
    actions[last] = action
    return last
  }

  mutating func cancel(_ number: UInt64) {
    guard actions.removeValue(forKey: number) != nil, heap.count > 64, heap.count > actions.count * 2 else { return }
    heap = Heap(heap.unordered.filter { actions[$0.number] != nil })
  }

  /// Removes the earliest entry due at `now` and returns its action; nil when none is due.
  mutating func takeDue(at now: UInt64) -> (() -> Void)? {
    while let entry = heap.min, entry.time <= now {
      heap.removeMin()
      if let action = actions.removeValue(forKey: entry.number) { return action }
    }
    return nil
  }
}
