/// The six services, by the names they sign and log with.
public enum ServiceName: String, CaseIterable, Sendable {
  case frontend, users, incidents, comms
  case cspIngestor = "csp-ingestor"
  case flags

  /// The port each listens on unless told otherwise.
  public var defaultPort: UInt16 {
    switch self {
    case .frontend: 8000
    case .users: 8080
    case .incidents: 8081
    case .comms: 8082
    case .cspIngestor: 8083
    case .flags: 8070
    }
  }
}

/// The correlation id (`X-CID`) of the work being done; empty outside a request.
public enum CorrelationID {
  @TaskLocal public static var current = ""

  /// 8 to 128 of `A-Za-z0-9._-`.
  public static func isValid(_ text: some Collection<UInt8>) -> Bool {
    (8...128).contains(text.count)
      && text.allSatisfy {
        switch $0 {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
          UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
          true
        default: false
        }
      }
  }
}
