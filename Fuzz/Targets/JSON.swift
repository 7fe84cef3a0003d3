import JSONBytes

/// What is read and written is the same value again; what is refused says where.
func fuzzJSON(_ bytes: [UInt8]) {
  expectLinearTime(bytes) { _ = try? JSONValue(parsing: $0) }
  let value: JSONValue
  do {
    value = try JSONValue(parsing: bytes)
  } catch {
    expect((0...bytes.count).contains(error.offset), "an error at byte \(error.offset) of \(bytes.count)")
    return
  }
  let written = value.bytes
  guard let again = try? JSONValue(parsing: written) else { fatalError("what was written cannot be read: \(shown(written))") }
  expect(again == value && again.bytes == written, "read \(shown(written)) back as \(again.text.debugDescription)")
  expect((try? JSONValue(parsing: [0x20] + bytes + [0x0A])) == value, "blanks around it change the value")
  expect((try? JSONValue(parsing: bytes + [0x5D])) == nil, "text after the end is taken")
  expect((try? JSONValue(parsing: [0x5B] + bytes + [0x5D], maxDepth: 65)) == [value], "inside an array it is another value")
}
