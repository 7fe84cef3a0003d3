import JSONBytes

/// A language the pages speak.
enum Language: String, CaseIterable, Sendable {
  case en, fr

  /// In itself.
  var name: String {
    switch self {
    case .en: "English"
    case .fr: "Français"
    }
  }

  var strings: Strings {
    switch self {
    case .en: Strings.english
    case .fr: Strings.french
    }
  }

  /// The best of what `Accept-Language` asks for (RFC 9110 section 12.5.4); English when it asks for none of ours.
  init(accepting header: String?) {
    var best: (language: Language, quality: Double)?
    for item in (header ?? "").prefix(Self.headerLimit).split(separator: ",") {
      let parts = item.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" }.lowercased() }
      guard let range = parts.first else { continue }
      let quality = parts.dropFirst().first { $0.hasPrefix("q=") }.flatMap { Double($0.dropFirst(2)) } ?? 1
      let language = range == "*" ? .en : Language(rawValue: String(range.prefix { $0 != "-" }))
      guard let language, quality > best?.quality ?? 0 else { continue }
      best = (language, quality)
    }
    self = best?.language ?? .en
  }

  /// Characters of `Accept-Language` that are read.
  private static let headerLimit = 200
}

/// The texts of one language: `Strings/<language>.json`.
struct Strings: Sendable {
  let texts: [String: String]

  static let english = Strings(Embedded.enJson)
  static let french = Strings(Embedded.frJson)

  private init(_ json: String) {
    let members = (try? JSONValue(parsing: json))?.object?.members ?? []
    texts = Dictionary(members.map { ($0.name, $0.value.string ?? "") }) { first, _ in first }
  }

  /// A test keeps every key that is used in every file.
  func callAsFunction(_ key: String) -> String { texts[key] ?? key }

  /// With each `{name}` replaced.
  func callAsFunction(_ key: String, _ values: [String: String]) -> String {
    var text = self(key)
    for (name, value) in values { text = text.replacing("{\(name)}", with: value) }
    return text
  }

  /// `key_one` or `key_other` with `{n}`; in both languages one thing is singular, in French none as well.
  func count(_ key: String, _ number: Int, in language: Language) -> String {
    let isSingular = number == 1 || number == 0 && language == .fr
    return self("\(key)_\(isSingular ? "one" : "other")", ["n": "\(number)"])
  }
}
