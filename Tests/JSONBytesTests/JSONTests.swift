import JSONBytes
import Testing

@Suite struct JSONParserTests {
  @Test(
    arguments: [
      ("null", .null), ("true", .bool(true)), (" false ", .bool(false)), ("0", .integer(0)), ("-0", .integer(0)), ("42", .integer(42)),
      ("-7", .integer(-7)), ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
      ("9223372036854775808", .number(9_223_372_036_854_775_808)), ("1.5", .number(1.5)), ("1e2", .number(100)),
      ("-2.5E-1", .number(-0.25)),
      ("1E+2", .number(100)), ("\"\"", .string("")), ("\"a\"", .string("a")), ("\"\u{E9}\u{1F600}\"", .string("\u{E9}\u{1F600}")),
      (#""\"\\\/\b\f\n\r\t""#, .string("\"\\/\u{8}\u{C}\n\r\t")), (#""\u00e9\u20AC""#, .string("\u{E9}\u{20AC}")),
      (#""\ud83d\ude00""#, .string("\u{1F600}")), (#""a\u0000b""#, .string("a\u{0}b")), ("[]", []), ("[ ]", []), ("[1,2 , 3]", [1, 2, 3]),
      ("{}", [:]),
      ("{ }", [:]), (#"{"a":1}"#, ["a": 1]), ("\r\n\t{ \"a\" :\n[ { \"b\" : null } ] }\n", ["a": [["b": nil]]]), (#"{"":0}"#, ["": 0]),
      ("\"\u{7F}\"", .string("\u{7F}")),
    ] as [(String, JSONValue)])
  func isRead(text: String, expected: JSONValue) throws {
    #expect(try JSONValue(parsing: text) == expected)
  }

  @Test(arguments: [
    "", " ", "nul", "nulll", "True", "tru", "+1", "01", "-01", "-", "1.", ".5", "1e", "1e+", "0x1", "1_000", "NaN", "Infinity", "1e999",
    "-1e999",
    "\"", "\"a", "'a'", "\"\n\"", "\"\t\"", "\"\u{0}\"", #""\x""#, #""\u12""#, #""\u12g4""#, #""\u+123""#, #""\ud800""#, #""\ud800\n""#,
    #""\ud800\u0041""#,
    #""\udc00""#, #""\"#, "[", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "]", "{", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,}", "{,}",
    "{a:1}", "{1:1}",
    "{\"a\" 1}", "{\"a\":1 \"b\":2}", "1 2", "[] []", "// x\n1", "\u{FEFF}1", "[1]x", "\u{A0}1", "[1;2]",
  ])
  func isRefused(text: String) {
    #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
  }

  @Test func bytesThatAreNotUTF8AreRefused() {
    for bytes: [UInt8] in [
      [0x22, 0xFF, 0x22], [0x22, 0xC3, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22], [0x22, 0x5C, 0x6E, 0xFF, 0x22],
    ] {
      #expect(throws: JSONError.self) { try JSONValue(parsing: bytes) }
    }
  }

  @Test func depthHasALimit() throws {
    func nested(_ depth: Int, _ open: String, _ close: String) -> String {
      String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)
    }
    _ = try JSONValue(parsing: nested(64, "[", "]"))
    _ = try JSONValue(parsing: nested(64, "{\"a\":", "}"))
    #expect(throws: JSONError.self) { try JSONValue(parsing: nested(65, "[", "]")) }
    #expect(throws: JSONError.self) { try JSONValue(parsing: nested(65, "{\"a\":", "}")) }
    #expect(throws: JSONError.self) { try JSONValue(parsing: String(repeating: "[", count: 1_000_000)) }
    #expect(try JSONValue(parsing: "[[1]]", maxDepth: 2) == [[1]])
  }

  @Test func anErrorSaysWhere() {
    let error = #expect(throws: JSONError.self) { try JSONValue(parsing: #"{"a": tru}"#) }
    #expect(error?.description == "a value was expected at byte 6")
  }

  @Test func membersKeepTheirOrderAndTheLastOfANameCounts() throws {
    let value = try JSONValue(parsing: #"{"b":1,"a":2,"b":3}"#)
    #expect(value["b"] == 3)
    #expect(value.object?.members.map(\.name) == ["b", "a", "b"])
    #expect(value.text == #"{"b":1,"a":2,"b":3}"#)
  }

  /// Whatever bytes come, parsing ends, and what it accepts is written as something it reads the same.
  @Test func anythingIsReadOrRefused() throws {
    var random = SystemRandomNumberGenerator()
    let alphabet = Array("{}[]\",:0123456789.eE+-\\untrfalse \u{E9}\u{1F600}".utf8) + [0x00, 0x1F, 0x7F, 0xC3, 0xFF]
    var accepted = 0
    for _ in 0..<20_000 {
      let bytes = (0..<Int.random(in: 0...12, using: &random)).map { _ in alphabet.randomElement(using: &random) ?? 0 }
      guard let value = try? JSONValue(parsing: bytes) else { continue }
      accepted += 1
      #expect(try JSONValue(parsing: value.bytes) == value)
    }
    #expect(accepted > 0)
  }
}

@Suite struct JSONTextTests {
  @Test(arguments: [
    ("", #""""#), ("a", #""a""#), ("\"\\", #""\"\\""#), ("\n\r\t", #""\n\r\t""#), ("\u{0}\u{1F}\u{8}", #""\u0000\u001f\u0008""#),
    ("\u{E9}/\u{1F600}\u{7F}\u{2028}", "\"\u{E9}/\u{1F600}\u{7F}\u{2028}\""),
  ])
  func aStringIsQuoted(text: String, expected: String) throws {
    #expect(JSONText.quoted(text) == expected)
    #expect(try JSONValue(parsing: expected) == .string(text))
  }

  @Test func everythingIsWritten() {
    let value: JSONValue = ["n": nil, "t": true, "i": -5, "d": .number(0.1), "s": "x\"", "a": [1, [], [:]], "bad": .number(.infinity)]
    #expect(value.text == #"{"n":null,"t":true,"i":-5,"d":0.1,"s":"x\"","a":[1,[],{}],"bad":null}"#)
    #expect(JSONText.array([]) == "[]")
    #expect(JSONText.array(["a", "\""]) == #"["a","\""]"#)
  }

  @Test(arguments: [0.1, -0.0, 1e300, .leastNonzeroMagnitude, 1.7976931348623157e308, 123_456_789.125, 1e21, 100])
  func aNumberComesBackAsItWas(number: Double) throws {
    #expect(try JSONValue(parsing: JSONValue.number(number).text).number == number)
  }

  @Test func valuesAreAskedByType() {
    let value: JSONValue = ["s": "x", "i": 3, "d": .number(2.5), "b": false, "a": [1, 2]]
    #expect(value["s"]?.string == "x" && value["s"]?.integer == nil)
    #expect(value["i"]?.integer == 3 && value["i"]?.number == 3)
    #expect(value["d"]?.number == 2.5 && value["d"]?.integer == nil)
    #expect(value["b"]?.bool == false)
    #expect(value["a"]?[1] == 2 && value["a"]?[2] == nil && value["a"]?[-1] == nil)
    #expect(value["none"] == nil && value[0] == nil)
  }

  @Test func anObjectIsChangedInPlace() {
    var object = JSONObject([("a", 1), ("b", 2)])
    object["a"] = 3
    object["c"] = 4
    object["b"] = nil
    #expect(JSONValue.object(object).text == #"{"a":3,"c":4}"#)
  }
}
