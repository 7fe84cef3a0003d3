/// A picture as it may be kept: PNG or JPEG, of so many bytes and pixels, with nothing in it but what is needed to show it.
struct Picture: Sendable, Equatable {
  enum Kind: String, Sendable {
    case png = "image/png"
    case jpeg = "image/jpeg"
  }
  let type: Kind
  let bytes: [UInt8]

  static let maximumBytes = 512 << 10
  /// In each direction.
  static let maximumPixels = 4_096

  init(type: Kind, bytes: [UInt8]) {
    self.type = type
    self.bytes = bytes
  }

  /// Reads what was sent, whatever it was called, and drops its texts and EXIF data. Throws what is wrong with it.
  init(reading bytes: [UInt8]) throws(PictureProblem) {
    guard bytes.count <= Self.maximumBytes else { throw .tooLarge }
    if bytes.starts(with: PNG.signature) {
      self.init(type: .png, bytes: try PNG.stripped(bytes))
    } else if bytes.starts(with: JPEG.signature) {
      self.init(type: .jpeg, bytes: try JPEG.stripped(bytes))
    } else {
      throw .unknownKind
    }
  }

  fileprivate static func check(width: Int, height: Int) throws(PictureProblem) {
    guard (1...maximumPixels).contains(width), (1...maximumPixels).contains(height) else { throw .tooManyPixels }
  }
}

enum PictureProblem: Error {
  case unknownKind, tooLarge, tooManyPixels, broken

  var text: String {
    switch self {
    case .unknownKind: "The picture must be a PNG or a JPEG."
    case .tooLarge: "The picture must have at most \(Picture.maximumBytes >> 10) KiB."
    case .tooManyPixels: "The picture must have 1 to \(Picture.maximumPixels) pixels in each direction."
    case .broken: "The picture is cut short or damaged."
    }
  }
}

/// PNG (W3C, third edition): a signature, then chunks of length, type, data and checksum.
private enum PNG {
  static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
  /// What it takes to draw the picture, moving or not, in its colours. Texts, EXIF and times are not among them.
  private static let kept: Set<String> = [
    "IHDR", "PLTE", "IDAT", "IEND", "tRNS", "cHRM", "gAMA", "iCCP", "sBIT", "sRGB", "cICP", "bKGD", "pHYs", "acTL", "fcTL", "fdAT",
  ]

  static func stripped(_ bytes: [UInt8]) throws(PictureProblem) -> [UInt8] {
    var stripped = signature
    var at = signature.count
    var hasData = false
    while at + 12 <= bytes.count {
      let length = bytes.bigEndian(at, 4)
      let type = String(decoding: bytes[at + 4..<at + 8], as: UTF8.self)
      let end = at + 12 + length
      guard end <= bytes.count, (at == signature.count) == (type == "IHDR") else { throw .broken }
      if type == "IHDR" {
        guard length == 13 else { throw .broken }
        try Picture.check(width: bytes.bigEndian(at + 8, 4), height: bytes.bigEndian(at + 12, 4))
      }
      if kept.contains(type) { stripped += bytes[at..<end] }
      hasData = hasData || type == "IDAT"
      if type == "IEND" {
        guard hasData else { throw .broken }
        return stripped
      }
      at = end
    }
    throw .broken
  }
}

/// JPEG (ITU-T T.81, annex B): segments of a marker and its data, and after a scan's head its coded data up to the next marker.
private enum JPEG {
  static let signature: [UInt8] = [0xFF, 0xD8, 0xFF]
  private static let startOfScan: UInt8 = 0xDA
  private static let endOfImage: UInt8 = 0xD9
  /// Start of frame: it says how large the picture is. C4, C8 and CC are something else.
  private static let frames = Set<UInt8>(0xC0...0xCF).subtracting([0xC4, 0xC8, 0xCC])
  private static let colourProfile = Array("ICC_PROFILE\0".utf8)

  static func stripped(_ bytes: [UInt8]) throws(PictureProblem) -> [UInt8] {
    var stripped = Array(bytes[..<2])
    var at = 2
    var hasFrame = false
    while at + 4 <= bytes.count || at + 2 == bytes.count {
      guard bytes[at] == 0xFF else { throw .broken }
      let marker = bytes[at + 1]
      if marker == 0xFF {  // fill
        at += 1
        continue
      }
      if marker == endOfImage, hasFrame { return stripped + [0xFF, endOfImage] }
      guard at + 4 <= bytes.count, marker >= 0xC0, !(0xD0...endOfImage).contains(marker) else { throw .broken }
      let end = at + 2 + bytes.bigEndian(at + 2, 2)
      guard end >= at + 4, end <= bytes.count else { throw .broken }
      if frames.contains(marker) {
        guard end >= at + 9 else { throw .broken }
        try Picture.check(width: bytes.bigEndian(at + 7, 2), height: bytes.bigEndian(at + 5, 2))
        hasFrame = true
      }
      let isDropped = !isKept(marker, bytes[at + 4..<end])
      let next = marker == startOfScan ? endOfScan(bytes, from: end) : end
      if !isDropped { stripped += bytes[at..<next] }
      at = next
    }
    throw .broken
  }

  /// Of the application segments only JFIF, the colour profile and Adobe's note of how colours are coded; no comments.
  private static func isKept(_ marker: UInt8, _ data: ArraySlice<UInt8>) -> Bool {
    switch marker {
    case 0xE0: data.starts(with: Array("JFIF\0".utf8))
    case 0xE2: data.starts(with: colourProfile)
    case 0xEE: data.starts(with: Array("Adobe".utf8))
    case 0xE1...0xEF, 0xFE: false
    default: true
    }
  }

  /// The next marker that is no restart; a zero after FF makes it data.
  private static func endOfScan(_ bytes: [UInt8], from start: Int) -> Int {
    var at = start
    while at + 1 < bytes.count {
      if bytes[at] == 0xFF, bytes[at + 1] != 0, !(0xD0...0xD7).contains(bytes[at + 1]) { return at }
      at += 1
    }
    return bytes.count
  }
}

extension [UInt8] {
  fileprivate func bigEndian(_ start: Int, _ count: Int) -> Int { self[start..<start + count].reduce(0) { $0 << 8 | Int($1) } }
}
