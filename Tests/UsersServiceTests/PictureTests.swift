import Testing

@testable import UsersService

@Suite struct PictureTests {
  private static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  /// A chunk with a checksum nobody looks at.
  private static func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
    let length: [UInt8] = [0, 0, UInt8(data.count >> 8), UInt8(data.count & 255)]
    return length + Array(type.utf8) + data + [1, 2, 3, 4]
  }
  private static func header(_ width: Int, _ height: Int) -> [UInt8] {
    let size = [width, height].flatMap { number in [24, 16, 8, 0].map { UInt8(number >> $0 & 255) } }
    return chunk("IHDR", size + [8, 6, 0, 0, 0])
  }
  private static func png(_ width: Int = 64, _ height: Int = 32, _ chunks: [UInt8]...) -> [UInt8] {
    Array([signature, header(width, height), Array(chunks.joined()), chunk("IDAT", [9, 9, 9]), chunk("IEND", [])].joined())
  }

  private static func segment(_ marker: UInt8, _ data: [UInt8]) -> [UInt8] {
    let head: [UInt8] = [0xFF, marker, UInt8((data.count + 2) >> 8), UInt8((data.count + 2) & 255)]
    return head + data
  }
  private static func frame(_ width: Int, _ height: Int, marker: UInt8 = 0xC0) -> [UInt8] {
    let size = [height, width].flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] }
    return segment(marker, [8] + size + [3, 1, 0x22, 0])
  }
  private static let jfif = segment(0xE0, Array("JFIF\0\u{1}\u{2}\0\0\u{1}\0\u{1}\0\0".utf8))
  private static let colours = segment(0xE2, Array("ICC_PROFILE\0\u{1}\u{1}\u{7}".utf8))
  private static let adobe = segment(0xEE, Array("Adobe\0d\0\0\0\0\u{1}".utf8))
  private static let coded: [UInt8] = [0x12, 0xFF, 0x00, 0x34, 0xFF, 0xD1, 0x56]
  private static let scan = segment(0xDA, [1, 1, 0, 0, 63, 0]) + coded
  private static func jpeg(_ segments: [UInt8]...) -> [UInt8] { [0xFF, 0xD8] + Array(segments.joined()) + end }
  private static let end: [UInt8] = [0xFF, 0xD9]

  private func problem(_ bytes: [UInt8]) -> PictureProblem? {
    do throws(PictureProblem) { _ = try Picture(reading: bytes) } catch { return error }
    return nil
  }

  @Test func `of a PNG what draws it is kept`() throws {
    let secret = Array("Comment\0Somewhere in Brest".utf8)
    let sent = Self.png(
      64, 32, Self.chunk("tEXt", secret), Self.chunk("gAMA", [0, 0, 1, 2]), Self.chunk("zTXt", secret), Self.chunk("iTXt", secret),
      Self.chunk("eXIf", secret), Self.chunk("tIME", [7]))
    let picture = try Picture(reading: sent + Array("behind the end".utf8))
    #expect(picture == Picture(type: .png, bytes: Self.png(64, 32, Self.chunk("gAMA", [0, 0, 1, 2]))))
  }

  @Test func `of a JPEG what draws it is kept`() throws {
    let exif = Self.segment(0xE1, Array("Exif\0\0N 48.39".utf8))
    let frame = Self.frame(640, 480, marker: 0xC2)
    let tables = Self.segment(0xC4, [1, 2])
    let notes = [(0xE2, "MPF\0"), (0xED, "Photoshop"), (0xFE, "made in Brest")].map { Self.segment($0, Array($1.utf8)) }
    let sent = [
      [0xFF, 0xD8], Self.jfif, exif, Self.colours, notes[0], notes[1], Self.adobe, notes[2], frame, Self.scan, tables, Self.scan,
    ]
    let kept = [[0xFF, 0xD8], Self.jfif, Self.colours, Self.adobe, frame, Self.scan, tables, Self.scan, Self.end]
    let picture = try Picture(reading: Array(sent.joined()) + Self.end + Array("behind the end".utf8))
    #expect(picture == Picture(type: .jpeg, bytes: Array(kept.joined())))
  }

  @Test func `pixels are counted by the header`() {
    for (width, height, isFine) in [(4096, 4096, true), (1, 1, true), (4097, 1, false), (1, 4097, false), (0, 5, false), (5, 0, false)] {
      #expect((problem(Self.png(width, height)) == nil) == isFine, "PNG \(width) x \(height)")
      let jpeg = Self.jpeg(Self.jfif, Self.frame(width, height), Self.scan)
      #expect((problem(jpeg) == nil) == isFine, "JPEG \(width) x \(height)")
    }
    #expect(problem(Self.signature + Self.header(1 << 30, 1 << 30)) == .tooManyPixels)
  }

  @Test func `no other kind, none too large`() {
    #expect(problem([]) == .unknownKind)
    #expect(problem(Array("GIF89a".utf8)) == .unknownKind)
    #expect(problem(Array("<svg xmlns='http://www.w3.org/2000/svg'/>".utf8)) == .unknownKind)
    #expect(problem(Self.png() + [UInt8](repeating: 0, count: 512 << 10)) == .tooLarge)
  }

  /// Every beginning of a good picture, and each with a byte turned over, is read without a crash.
  @Test func `what is cut or damaged is refused`() {
    let pictures = [Self.png(), Self.jpeg(Self.jfif, Self.frame(8, 8), Self.scan)]
    for picture in pictures {
      for count in 0..<picture.count { #expect(problem(Array(picture[..<count])) != nil, "\(count) of \(picture.count)") }
      for index in picture.indices {
        var damaged = picture
        damaged[index] ^= 0xFF
        _ = problem(damaged)
      }
    }
    let end = Self.chunk("IEND", [])
    for chunks in [[Self.chunk("IDAT", [1]), Self.header(1, 1), end], [Self.header(1, 1), end]] {
      #expect(problem(Self.signature + Array(chunks.joined())) == .broken)
    }
    #expect(problem(Self.jpeg(Self.jfif, Self.scan)) == .broken, "no frame")
  }
}
