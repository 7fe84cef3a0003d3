import FoundationEssentials

/// UTC times as text, such as `2026-03-01T09:30:00.250Z`.
public enum ISO8601 {
  private static let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)

  /// `milliseconds` since the epoch.
  public static func text(milliseconds: Int64) -> String {
    Date(timeIntervalSince1970: Double(milliseconds) / 1000).formatted(style)
  }
}
