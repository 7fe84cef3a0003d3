/// Character references of HTML: the numeric ones and the names that feeds use.
enum Entity {
  /// The character written at `&` and the index after it; nil when it is none that is known.
  static func read(_ bytes: [UInt8], at index: Int) -> (Unicode.Scalar, end: Int)? {
    guard let semicolon = bytes[(index + 1)...].prefix(longest).firstIndex(of: UInt8(ascii: ";")), semicolon > index + 1 else { return nil }
    let name = bytes[(index + 1)..<semicolon]
    guard let scalar = name.first == UInt8(ascii: "#") ? numbered(name.dropFirst()) : named[String(decoding: name, as: UTF8.self)] else {
      return nil
    }
    return (scalar, semicolon + 1)
  }

  /// In bytes, from `&` to `;`.
  private static let longest = 12

  private static func numbered(_ digits: ArraySlice<UInt8>) -> Unicode.Scalar? {
    let isHexadecimal = digits.first.map { $0 | 0x20 } == UInt8(ascii: "x")
    let text = String(decoding: isHexadecimal ? digits.dropFirst() : digits, as: UTF8.self)
    guard text.utf8.allSatisfy({ PlainText.isDigit($0) || (isHexadecimal && 0x61...0x66 ~= $0 | 0x20) }) else { return nil }
    return UInt32(text, radix: isHexadecimal ? 16 : 10).flatMap { $0 == 0 ? nil : Unicode.Scalar($0) }
  }

  private static let named: [String: Unicode.Scalar] = [
    "amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'", "nbsp": "\u{A0}", "ndash": "–", "mdash": "—", "hellip": "…",
    "lsquo": "‘", "rsquo": "’", "sbquo": "‚", "ldquo": "“", "rdquo": "”", "bdquo": "„", "laquo": "«", "raquo": "»", "bull": "•",
    "middot": "·", "copy": "©", "reg": "®", "trade": "™", "deg": "°", "plusmn": "±", "times": "×", "euro": "€", "pound": "£", "yen": "¥",
    "cent": "¢", "sect": "§", "para": "¶", "larr": "←", "rarr": "→", "uarr": "↑", "darr": "↓", "harr": "↔", "ensp": "\u{2002}",
    "emsp": "\u{2003}", "thinsp": "\u{2009}", "zwnj": "\u{200C}", "zwj": "\u{200D}", "shy": "\u{AD}", "iexcl": "¡", "iquest": "¿",
    "agrave": "à", "aacute": "á", "acirc": "â", "atilde": "ã", "auml": "ä", "aring": "å", "aelig": "æ", "ccedil": "ç", "egrave": "è",
    "eacute": "é", "ecirc": "ê", "euml": "ë", "igrave": "ì", "iacute": "í", "icirc": "î", "iuml": "ï", "ntilde": "ñ", "ograve": "ò",
    "oacute": "ó", "ocirc": "ô", "otilde": "õ", "ouml": "ö", "oslash": "ø", "ugrave": "ù", "uacute": "ú", "ucirc": "û", "uuml": "ü",
    "szlig": "ß", "Auml": "Ä", "Ouml": "Ö", "Uuml": "Ü", "Eacute": "É", "Agrave": "À", "Ccedil": "Ç", "le": "≤", "ge": "≥", "ne": "≠",
    "minus": "−", "frac12": "½", "micro": "µ", "check": "✓", "lsaquo": "‹", "rsaquo": "›", "num": "#", "colon": ":", "sol": "/",
  ]
}
