import JSONBytes
import ServiceRuntime
import StatusModel

/// Users who belong together: `excluded` are out, `users` are in, and then whoever meets `condition`.
struct Segment: Sendable, Equatable {
  var name: String
  var description = ""
  var users: [String] = []
  var excluded: [String] = []
  var condition: Condition?

  /// Throws `Failure.invalid` with every field that cannot be accepted.
  init(name: String, _ object: JSONObject) throws(Failure) {
    var body = FieldReader(object)
    self.name = name
    if !FlagsRules.isID(name) { body.refuse("name", FlagsRules.idExpectation) }
    description = body.optionalString("description", Bounds.description) ?? ""
    users = body.optionalStrings("users", count: Bounds.segmentUsers, length: Bounds.target) ?? []
    excluded = body.optionalStrings("excluded", count: Bounds.segmentUsers, length: Bounds.target) ?? []
    if let value = object["if"], value != .null {
      var conditions = ConditionReader(mayNameSegments: false)
      condition = conditions.condition(value, "if")
      body.refuse(conditions.problems)
    }
    try body.check()
  }

  /// Everything but `name`, as JSON text without braces, in the order it is sent.
  var body: String {
    let members: [(String, JSONValue)] = [
      ("description", .string(description)), ("users", .array(users.map { .string($0) })),
      ("excluded", .array(excluded.map { .string($0) })), ("if", condition?.json ?? .null),
    ]
    return String(JSONValue.object(JSONObject(members)).text.dropFirst().dropLast())
  }
}
