/// Which passwords may be set: length against guessing, and none of the first that are tried.
enum PasswordRules {
  /// Characters (Unicode scalars).
  static let minimumCharacters = 10
  /// bcrypt reads no more.
  static let maximumBytes = 72

  /// Nil when it may be set. `mail` is the account's address.
  static func problem(with password: String, mail: String? = nil) -> String? {
    if password.unicodeScalars.count < minimumCharacters { return "must have at least \(minimumCharacters) characters" }
    if password.utf8.count > maximumBytes {
      return "must have at most \(maximumBytes) bytes; letters beyond English ones count for two or more"
    }
    if password.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) { return "must not contain control characters" }
    let plain = password.lowercased()
    if mostCommon.contains(plain) { return "is one of the most common passwords; choose another" }
    return plain == mail?.lowercased() ? "must not be the mail address" : nil
  }

  /// Of ten characters and more, as they head published lists of leaked passwords.
  private static let mostCommon: Set<String> = [
    "0123456789", "0987654321", "1029384756", "1111111111", "123123123123", "1234512345", "1234567890", "12345678900", "1234567890a",
    "12345678901", "123456789012", "1234567891", "12345678910", "123456789a", "123456789q", "1q2w3e4r5t", "1q2w3e4r5t6y", "1qaz2wsx3edc",
    "987654321a", "a123456789", "abc123456789", "abcd123456", "abcdef123456", "abcdefghij", "admin12345", "admin123456", "adminadmin",
    "administrator", "asdfasdfasdf", "asdfghjkl1", "asdfghjkl;", "basketball", "changeme123", "changemenow", "football123", "iloveyou12",
    "iloveyou123", "letmein123", "letmeinnow", "motdepasse", "motdepasse1", "p@ssw0rd123", "p@ssword123", "passw0rd123", "password01",
    "password10", "password11", "password12", "password123", "password1234", "password12345", "password123456", "password2024",
    "password2025", "password2026", "passwordpassword", "polystatus", "polystatus1", "polystatus123", "q1w2e3r4t5", "q1w2e3r4t5y6",
    "qazwsxedcrfv", "qwerty1234", "qwerty12345", "qwerty123456", "qwertyuiop", "qwertyuiop1", "qwertyuiop123", "qwertyuiop[]",
    "secret1234", "superman123", "unbelievable", "welcome123", "welcome1234", "zaq12wsxcde3", "zxcvbnm123",
  ]
}
