import FoundationEssentials
import StatusModel
import Testing

@Suite struct ISO8601Tests {
  @Test(
    arguments: [
      (0, "1970-01-01T00:00:00.000Z"), (1, "1970-01-01T00:00:00.001Z"), (-1, "1969-12-31T23:59:59.999Z"),
      (951_782_400_250, "2000-02-29T00:00:00.250Z"), (1_772_323_199_999, "2026-02-28T23:59:59.999Z"),
      (1_772_323_200_000, "2026-03-01T00:00:00.000Z"),
      (4_107_542_400_000, "2100-03-01T00:00:00.000Z"), (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
    ] as [(Int64, String)])
  func aTimeIsWritten(milliseconds: Int64, expected: String) {
    #expect(ISO8601.text(milliseconds: milliseconds) == expected)
  }

  /// Every day of four centuries, and every hour of some.
  @Test func itAgreesWithFoundation() {
    let style = Date.ISO8601FormatStyle()
    for day in stride(from: -36_525, through: 120_000, by: 1) {
      let seconds = Int64(day) * 86_400 + Int64(abs(day) % 86_400)
      let expected = Date(timeIntervalSince1970: Double(seconds)).formatted(style).dropLast()
      #expect(ISO8601.text(milliseconds: seconds * 1000).prefix(19) == expected)
    }
  }
}
