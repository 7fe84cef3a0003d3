import JSONBytes
import Messaging
import RedisClient
import Signing
import StatusModel

/// One member of a profile that is saved. All are JSON texts as they are sent; '' clears one.
struct ProfileField: Sendable, Equatable {
  /// As the hash has it: `about:<language>`, `specialities:<language>`, or the member's name.
  let name: String
  let value: String
  /// The words it is found by.
  var words: [String] = []
}

/// Profiles and pictures, beside the accounts in UsersStore:
/// - `profile:<id>` hash: `about:<language>`, `specialities:<language>`, `skills`, `languages`, `links`, `timezone`, `contact_mail`,
///   `webhook` (JSON texts as they are sent; absent: none), `picture` (its tag), `version`, `updated_at` (s), `words:<field>` (with blanks),
///   `skill_keys` (lines of level, blank, name in lower case)
/// - `picture:<id>` hash: `type`, `bytes`, `tag`
/// - `skill:<name in lower case>` sorted set of ids by level, the highest first, then by creation
extension UsersStore {
  /// Nil when there is no such user. One that was never saved has nothing but the account.
  func profile(_ id: String) async throws(Failure) -> Profile? {
    guard let user = try await user(id) else { return nil }
    return try Profile(user: user.json, fields: try await command("HGETALL", key("profile:\(id)")))
  }

  /// Throws `notFound`, `versionMismatch`, `conflict` when it would have texts in too many languages.
  func saveProfile(_ id: String, _ fields: [ProfileField], expected: Int?) async throws(Failure) {
    let arguments = fields.flatMap { [RedisArgument.string($0.name), .string($0.value), .string($0.words.joined(separator: " "))] }
    let start: [RedisArgument] = [.string(id), Self.version(expected), .integer(2 * ProfileRules.languages)]
    try Self.checkProfile(try await mutations.run(Self.saveProfileScript, start + arguments))
  }

  /// Nil: takes it away. Throws `notFound`.
  func savePicture(_ id: String, _ picture: Picture?) async throws(Failure) {
    let tag = picture.map { String(SHA256.hex($0.bytes).prefix(32)) } ?? ""
    let arguments: [RedisArgument] = [.string(id), .string(tag), .string(picture?.type.rawValue ?? ""), .bytes(picture?.bytes ?? [])]
    try Self.checkProfile(try await mutations.run(Self.savePictureScript, arguments))
  }

  /// Nil when there is none.
  func picture(_ id: String) async throws(Failure) -> (picture: Picture, tag: String)? {
    let fields = try await command("HMGET", key("picture:\(id)"), "type", "bytes", "tag").array ?? []
    guard fields.count == 3, let type = fields[0].string.flatMap(Picture.Kind.init), let bytes = fields[1].bytes, let tag = fields[2].string
    else { return nil }
    return (Picture(type: type, bytes: bytes), tag)
  }

  /// People in all of `filters`: the best at a skill first, else in the order they came.
  func searchProfiles(_ filters: [UserFilter], startIndex: Int, maxResults: Int) async throws(Failure) -> (total: Int, found: [Profile]) {
    let reply = try await list(filters, startIndex: startIndex, maxResults: maxResults, withProfiles: true)
    return (
      reply.total, try zip(reply.users, reply.profiles).map { user, fields throws(Failure) in try Profile(user: user, fields: fields) }
    )
  }

  private static let saveProfileScript = script("save-profile", Embedded.saveProfileLua)
  private static let savePictureScript = script("save-picture", Embedded.savePictureLua)

  private static func checkProfile(_ answer: [RedisValue]) throws(Failure) {
    switch answer.first?.string {
    case "ok": return
    case "stale":
      let version = answer.last?.string ?? ""
      throw .versionMismatch("Somebody changed this profile: it is at version \(version) now. Read it again.")
    case "full": throw .conflict("A profile has texts in at most \(ProfileRules.languages) languages. Clear one of them first.")
    case "missing": throw .notFound("There is no such user.")
    default: throw .defect
    }
  }
}

/// A profile as it is stored: texts in several languages, and the account it is of.
struct Profile: Sendable {
  private let account: JSONValue
  private let fields: [String: String]
  /// Grows with the profile and with the account: both are in what is sent.
  let version: Int

  /// Throws `defect`.
  init(user: [UInt8], fields: RedisValue) throws(Failure) {
    guard let account = try? JSONValue(parsing: user), let version = account["version"]?.integer else { throw .defect }
    self.account = account
    let flat = fields.array ?? []
    var named: [String: String] = [:]
    for index in stride(from: 0, to: flat.count - 1, by: 2) {
      if let name = flat[index].string, let value = flat[index + 1].string { named[name] = value }
    }
    self.fields = named
    self.version = version + (named["version"].flatMap { Int($0) } ?? 0)
  }

  /// The languages it has texts in.
  var languages: [String] {
    Set(
      fields.keys.compactMap { name in ["about:", "specialities:"].first(where: name.hasPrefix).map { String(name.dropFirst($0.count)) } }
    )
    .sorted()
  }

  /// As it is sent in a language; nil: the person's own. Where to send what wakes them is shown to those alone who may change it.
  func json(in language: String?, seesWebhook: Bool) -> [UInt8] {
    let (id, own) = (account["id"]?.string ?? "", account["language"]?.string ?? "en")
    var text = "{"
    for name in ["id", "name", "email", "role", "team", "active"] { text += "\"\(name)\":\((account[name] ?? .null).text)," }
    text += "\"language\":\(JSONText.quoted(language ?? own)),\"available_languages\":\(JSONText.array(languages))"
    for (name, nothing) in [("about", "null"), ("specialities", "[]")] {
      text += ",\"\(name)\":\(localised(name, language ?? own, own) ?? nothing)"
    }
    for (name, nothing) in [("skills", "[]"), ("languages", "[]"), ("links", "{}"), ("timezone", "null")] {
      text += ",\"\(name)\":\(fields[name] ?? nothing)"
    }
    let webhook = seesWebhook ? fields["webhook"] : nil
    text += ",\"contact\":{\"mail\":\(fields["contact_mail"] ?? "null"),\"webhook\":\(webhook ?? "null")}"
    text += ",\"picture\":\(fields["picture"] == nil ? "null" : "\"/api/v2/profile/picture/\(id)\"")"
    text += ",\"version\":\(version),\"updated_at\":\(fields["updated_at"] ?? "null")}"
    return Array(text.utf8)
  }

  /// In that language, in it without its region, in the person's own, else in the first there is.
  private func localised(_ name: String, _ language: String, _ own: String) -> String? {
    for candidate in [language, String(language.prefix(2)), own, String(own.prefix(2))] {
      if let value = fields["\(name):\(candidate)"] { return value }
    }
    return languages.lazy.compactMap { fields["\(name):\($0)"] }.first
  }
}
