import ServiceRuntime
import StatusModel

/// How an incident has to do with another, or with a provider's event.
struct NewLink: Sendable {
  enum Kind: String, CaseIterable {
    case related, parent
    case causedBy = "caused_by"
    case duplicateOf = "duplicate_of"
  }
  enum Target: Sendable, Equatable {
    case incident(String)
    /// `provider:event`
    case event(String)

    var name: String {
      switch self {
      case .incident(let name), .event(let name): name
      }
    }
  }

  var kind: Kind
  var target: Target

  /// What the incident's timeline says.
  var told: String {
    switch kind {
    case .related: "Related to \(target.name)"
    case .parent: "Part of \(target.name)"
    case .causedBy: "Caused by \(target.name)"
    case .duplicateOf: "Duplicate of \(target.name)"
    }
  }

  /// What the target's timeline says; `id` is the incident.
  func toldThere(_ id: String) -> String {
    switch kind {
    case .related: "Related to \(id)"
    case .parent: "\(id) is part of this"
    case .causedBy: "\(id) is caused by this"
    case .duplicateOf: "\(id) is a duplicate of this"
    }
  }

  /// Why links of this kind may not lead in a circle.
  func refusal(of id: String) -> Failure {
    if target.name == id { return .conflict("\(id) cannot be linked to itself.") }
    return .conflict("\(target.name) already leads to \(id) by links of the kind \(kind.rawValue): they may not go in a circle.")
  }
}

extension NewLink {
  init(_ body: consuming FieldReader) throws(Failure) {
    kind = body.choice("kind", Kind.self)
    let text = body.string("target", Bounds.linkTarget)
    target = .event(text)
    if let id = IncidentID.canonical(text) {
      target = .incident(id)
    } else if !Self.isEvent(text), !text.isEmpty {
      body.refuse("target", "must be the id of an incident, or of a provider's event as provider:event")
    } else if kind == .parent || kind == .duplicateOf, !text.isEmpty {
      body.refuse("target", "must be the id of an incident for this kind")
    }
    try body.check()
  }

  private static func isEvent(_ text: String) -> Bool {
    guard let colon = text.firstIndex(of: ":") else { return false }
    return colon != text.startIndex && text.index(after: colon) != text.endIndex && !text.contains(where: \.isNewline)
  }
}
