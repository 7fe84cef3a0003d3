extension ProviderEvent {
  /// Changes with what people would call a change: kind, state, impact, title, start, end, window, components, regions, updates; not with
  /// addresses, the order of lists or the time of an edit. 16 hexadecimal digits (FNV-1a).
  var fingerprint: String {
    var hash = Hash()
    for word in [kind.rawValue, state.rawValue, impact.rawValue, title] { hash.add(word) }
    for time in [startedAt, resolvedAt, scheduledFor, scheduledUntil] { hash.add(time.map(String.init)) }
    hash.addInAnyOrder(components) { [$0.id, $0.status?.rawValue] }
    hash.addInAnyOrder(regions) { [$0] }
    hash.addInAnyOrder(updates) { [$0.id, $0.state, $0.text] }
    let digits = String(hash.value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}

private struct Hash {
  private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

  private mutating func add(byte: UInt8) { value = (value ^ UInt64(byte)) &* 0x100_0000_01b3 }

  /// With its end, so that two texts are not one; 0xFF and 0xFE are in no UTF-8.
  mutating func add(_ text: String?) {
    guard let text else { return add(byte: 0xFE) }
    for byte in text.utf8 { add(byte: byte) }
    add(byte: 0xFF)
  }

  mutating func addInAnyOrder<Element>(_ elements: [Element], _ parts: (Element) -> [String?]) {
    var sum: UInt64 = 0
    for element in elements {
      var own = Hash()
      for part in parts(element) { own.add(part) }
      sum &+= own.value
    }
    add(String(sum))
  }
}
