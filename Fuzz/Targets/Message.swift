import JSONBytes
import Messaging

/// A message that is taken has what the schema asks for, however it is spelt.
func fuzzMessage(_ bytes: [UInt8]) {
  expectLinearTime(bytes) {
    _ = try? BusMessage(parsing: $0)
    _ = BusMessage.isEventName(String(decoding: $0, as: UTF8.self))
  }
  let name = String(decoding: bytes, as: UTF8.self)
  if name.utf8.count <= 200 { expect(BusMessage.isEventName(name) == matches(name), "isEventName differs from its expression") }
  guard let message = try? BusMessage(parsing: bytes) else { return }
  expect(matches(message.name), "the name \(message.name.debugDescription) is taken")
  expect(message.data["cid"]?.string != nil, "a message without cid is taken")
  expect(!message.uuid.isEmpty && !message.sender.isEmpty && !message.createdAt.isEmpty, "an empty member is taken")
  let written = (try? JSONValue(parsing: bytes))?.bytes ?? []
  expect((try? BusMessage(parsing: written)) == message, "written again it is another message: \(shown(written))")
}

/// `^[_a-z]+((\.)?[_a-z]+)*$`, read as an automaton of two states.
private func matches(_ name: String) -> Bool {
  var mayEnd = false
  for byte in name.utf8 {
    switch byte {
    case UInt8(ascii: "_"), UInt8(ascii: "a")...UInt8(ascii: "z"): mayEnd = true
    case UInt8(ascii: ".") where mayEnd: mayEnd = false
    default: return false
    }
  }
  return mayEnd
}
