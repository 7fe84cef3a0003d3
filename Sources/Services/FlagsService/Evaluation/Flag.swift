import JSONBytes
import StatusModel

/// A definition made ready to be evaluated: names are places, answers are bytes.
final class Flag: Sendable {
  let definition: FlagDefinition
  let version: Int
  /// Epoch seconds of the last change.
  let updatedAt: Int
  /// As the admin routes send it.
  let json: [UInt8]
  let off: Int
  let users: [String: Int]
  let groups: [(name: String, variation: Int)]
  /// Where each rule's condition begins in `conditions`.
  let rules: [Int]
  /// What each rule gives.
  let choices: [Choice]
  let conditions: Conditions
  let otherwise: Choice
  /// Why somebody gets the fallthrough: STATIC when nothing else can be had.
  let standing: Reason
  private let answers: [(ofrep: [UInt8], contract: [UInt8])]

  enum Choice: Sendable {
    case variation(Int)
    case rollout(Rollout)
  }

  var id: String { definition.id }

  /// Of the bytes of a record; `names` are those of the snapshot to be. Throws `JSONError`, or `Failure.invalid` for one that was written by hand.
  init(_ json: [UInt8], _ names: inout AttributeNames) throws {
    let object = try JSONValue(parsing: json).object ?? JSONObject()
    let definition = try FlagDefinition(object, now: 0)
    let places = Dictionary(uniqueKeysWithValues: definition.variations.enumerated().map { ($1.name, $0) })
    let version = object["version"]?.integer ?? 1
    func choice(_ outcome: Outcome) -> Choice {
      switch outcome {
      case .variation(let name): .variation(places[name] ?? 0)
      case .rollout(let shares):
        .rollout(Rollout(flag: definition.id, shares: shares.map { (places[$0.variation] ?? 0, $0.variation, $0.weight) }))
      }
    }
    self.json = json
    self.definition = definition
    self.version = version
    updatedAt = object["updated_at"]?.integer ?? 0
    off = places[definition.offVariation] ?? 0
    users = Dictionary(definition.users.map { ($0.name, places[$0.variation] ?? 0) }) { $1 }
    groups = definition.groups.map { ($0.name, places[$0.variation] ?? 0) }
    var conditions = Conditions()
    rules = definition.rules.map { conditions.add($0.condition, &names) }
    choices = definition.rules.map { choice($0.outcome) }
    self.conditions = conditions
    otherwise = choice(definition.otherwise)
    standing = definition.isTheSameForAll ? .static : .default
    answers = definition.variations.map { Self.answers(definition.id, version, $0) }
  }

  /// The beginnings of the answers that give a variation. A null is no value: the one who asks falls back to its own.
  private static func answers(
    _ id: String, _ version: Int, _ variation: FlagDefinition.Variation
  ) -> (ofrep: [UInt8], contract: [UInt8]) {
    let value = variation.value == .null ? "" : #""value":\#(variation.value.text),"#
    let name = JSONText.quoted(variation.name)
    let ofrep = #"{"key":"\#(id)",\#(value)"variant":\#(name),"metadata":{"version":\#(version)},"reason":""#
    return (Array(ofrep.utf8), Array(#""\#(id)":{"variation":\#(name),"off":"#.utf8))
  }

  /// `{key, value, variant, metadata, reason}`
  func appendOFREP(_ evaluation: Evaluation, to bytes: inout [UInt8]) {
    bytes.append(contentsOf: answers[evaluation.variation].ofrep)
    bytes.append(contentsOf: evaluation.reason.rawValue.utf8)
    bytes.append(UInt8(ascii: "\""))
    bytes.append(UInt8(ascii: "}"))
  }

  /// `"key":{"variation": …, "off": …}`
  func appendContract(_ evaluation: Evaluation, to bytes: inout [UInt8]) {
    bytes.append(contentsOf: answers[evaluation.variation].contract)
    bytes.append(contentsOf: (evaluation.isOff ? "true}" : "false}").utf8)
  }
}

/// OpenFeature's resolution reasons, those we give.
enum Reason: String, Sendable {
  case `static` = "STATIC"
  case `default` = "DEFAULT"
  case targetingMatch = "TARGETING_MATCH"
  case split = "SPLIT"
  case disabled = "DISABLED"
}

struct Evaluation: Sendable, Equatable {
  /// A place in the flag's variations.
  var variation: Int
  var reason: Reason
  /// Off, or a prerequisite is not met.
  var isOff = false
}
