import JSONBytes
import ServiceRuntime
import StatusModel

extension FieldReader {
  /// What a body says of a profile, its texts in that language. Members left out stay as they are; null clears one.
  mutating func profile(in language: String) -> [ProfileField] {
    var fields: [ProfileField] = []
    save("about", in: language, to: &fields) { $0.about() }
    save("specialities", in: language, to: &fields) { $0.specialities() }
    save("skills", to: &fields) { $0.skills() }
    // What it is found under goes with the skills.
    if fields.last?.name == "skills" { fields.append(ProfileField(name: "skill_keys", value: skillKeys())) }
    save("languages", to: &fields) { $0.spoken() }
    save("links", to: &fields) { $0.links() }
    save("timezone", to: &fields) { reader in
      reader.checked("timezone", reader.optionalString("timezone", 1...64), ProfileRules.problem(withTimeZone:)).map { (.string($0), []) }
    }
    contact(&fields)
    return fields
  }

  private typealias Member = (value: JSONValue, words: [String])

  private mutating func save(
    _ name: String, in language: String? = nil, to fields: inout [ProfileField], _ read: (inout FieldReader) -> Member?
  ) {
    guard let given = object[name] else { return }
    let stored = language.map { "\(name):\($0)" } ?? name
    if given == .null {
      fields.append(ProfileField(name: stored, value: ""))
    } else if let member = read(&self) {
      fields.append(ProfileField(name: stored, value: member.value.text, words: member.words))
    }
  }

  private mutating func about() -> Member? {
    optionalString("about", 1...ProfileRules.aboutCharacters).map { (.string($0), UsersRules.words($0, limit: ProfileRules.aboutWords)) }
  }

  private mutating func specialities() -> Member? {
    optionalStrings("specialities", count: 0...ProfileRules.specialities, length: 1...100).map { texts in
      (.array(texts.map { .string($0) }), texts.flatMap { UsersRules.words($0) })
    }
  }

  /// None named twice, whatever its case.
  private mutating func skills() -> Member? {
    guard let given = optionalArray("skills", count: 0...ProfileRules.skills) else { return nil }
    var known: Set<String> = []
    var words: [String] = []
    let skills = given.enumerated().compactMap { index, value in
      element(value, "skills[\(index)]") { item -> JSONValue in
        let name = item.label("name", ProfileRules.skillCharacters)
        if !name.isEmpty, !known.insert(name.lowercased()).inserted { item.refuse("name", "is in the list twice") }
        words += UsersRules.words(name)
        return ["name": .string(name), "level": .integer(item.integer("level", ProfileRules.levels))]
      }
    }
    return (.array(skills), words)
  }

  private func skillKeys() -> String {
    (object["skills"]?.array ?? []).compactMap { skill in
      var reader = FieldReader(skill.object ?? JSONObject())
      let (name, level) = (reader.label("name", ProfileRules.skillCharacters), reader.integer("level", ProfileRules.levels))
      return name.isEmpty ? nil : "\(level) \(name.lowercased())"
    }.joined(separator: "\n")
  }

  private mutating func spoken() -> Member? {
    guard let given = optionalArray("languages", count: 0...ProfileRules.spoken) else { return nil }
    let languages = given.enumerated().compactMap { index, value in
      element(value, "languages[\(index)]") { item -> JSONValue in
        ["name": .string(item.label("name", 40)), "level": .string(item.choice("level", ProfileRules.spokenLevels))]
      }
    }
    return (.array(languages), languages.flatMap { UsersRules.words($0["name"]?.string ?? "") })
  }

  private mutating func links() -> Member? {
    guard let given = optionalObject("links") else { return nil }
    if given.members.count > ProfileRules.links { refuse("links", "must have at most \(ProfileRules.links) members") }
    var links = JSONObject()
    for member in given.members.prefix(ProfileRules.links) {
      if let problem = UsersRules.problem(withName: member.name, limit: 40) {
        refuse("links", "a name \(problem)")
        continue
      }
      if links[member.name] != nil { refuse("links", "names \(member.name) twice") }
      links[member.name] = address(member.value, "links.\(member.name)")
    }
    return (.object(links), [])
  }

  private mutating func contact(_ fields: inout [ProfileField]) {
    guard has("contact") else { return }
    let given = optionalObject("contact") ?? JSONObject([("mail", .null), ("webhook", .null)])
    var contact = FieldReader(given, prefix: "contact.")
    contact.save("mail", to: &fields) { reader in
      reader.checked("mail", reader.optionalString("mail", 1...254), UsersRules.problem(withMail:)).map { (.string($0), []) }
    }
    if fields.last?.name == "mail" { fields[fields.count - 1] = ProfileField(name: "contact_mail", value: fields[fields.count - 1].value) }
    contact.save("webhook", to: &fields) { reader in (reader.address(reader.object["webhook"] ?? .null, "webhook"), []) }
    refuse(contact.problems)
  }

  private mutating func address(_ value: JSONValue, _ name: String) -> JSONValue {
    if let problem = value.string.map(ProfileRules.problem(withAddress:)) ?? "must be a string" { refuse(name, problem) }
    return value
  }

  private mutating func element(_ value: JSONValue, _ name: String, _ read: (inout FieldReader) -> JSONValue) -> JSONValue? {
    guard let object = value.object else {
      refuse(name, "must be an object")
      return nil
    }
    var item = FieldReader(object, prefix: "\(name).")
    let element = read(&item)
    refuse(item.problems)
    return element
  }

  /// A short text on one line that must be there.
  private mutating func label(_ name: String, _ limit: Int) -> String {
    checked(name, string(name, 1...limit)) { $0.isEmpty ? nil : UsersRules.problem(withName: $0, limit: limit) } ?? ""
  }
}
