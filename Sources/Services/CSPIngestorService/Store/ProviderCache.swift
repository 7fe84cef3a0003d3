import Synchronization

/// What this replica remembers of the providers it refreshed last, so that a refresh reads only what others changed. Bounded by the number
/// of events; the provider that has not been used for longest goes first.
final class ProviderCache: Sendable {
  static let eventLimit = 20_000

  private struct State {
    var kept: [String: (memory: CSPStore.Memory, used: Int)] = [:]
    var uses = 0
    var events = 0
  }
  private let state = Mutex(State())

  func memory(_ name: String) -> CSPStore.Memory? {
    state.withLock { state in
      state.uses += 1
      state.kept[name]?.used = state.uses
      return state.kept[name]?.memory
    }
  }

  func keep(_ memory: CSPStore.Memory, of name: String) {
    state.withLock { state in
      state.uses += 1
      state.events += memory.events.count - (state.kept[name]?.memory.events.count ?? 0)
      state.kept[name] = (memory, state.uses)
      while state.events > Self.eventLimit, let oldest = state.kept.min(by: { $0.value.used < $1.value.used }) {
        state.events -= oldest.value.memory.events.count
        state.kept[oldest.key] = nil
      }
    }
  }

  func drop(_ name: String) {
    state.withLock { state in
      state.events -= state.kept[name]?.memory.events.count ?? 0
      state.kept[name] = nil
    }
  }
}
