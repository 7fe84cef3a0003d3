internal import CZlib

/// The gzip coding of whole texts (RFC 1952), by zlib.
public enum Gzip {
  /// `level` is from 1 (fast: some 10 ms a megabyte of JSON) to 9 (small: for what is sent often).
  public static func compressed(_ bytes: [UInt8], level: Int = 6) -> [UInt8] {
    var stream = unsafe z_stream()
    let begun = unsafe czlib_begin_gzip(&stream, Int32(min(max(level, 1), 9)))
    precondition(begun == Z_OK, "zlib cannot begin (\(begun))")
    defer { unsafe deflateEnd(&stream) }
    let bound = unsafe Int(deflateBound(&stream, UInt(bytes.count)))
    var input = bytes
    return unsafe [UInt8](unsafeUninitializedCapacity: bound) { output, count in
      unsafe input.withUnsafeMutableBufferPointer { input in
        unsafe stream.next_in = input.baseAddress
        unsafe stream.avail_in = UInt32(input.count)
        unsafe stream.next_out = output.baseAddress
        unsafe stream.avail_out = UInt32(bound)
        let ended = unsafe deflate(&stream, Z_FINISH)
        precondition(ended == Z_STREAM_END, "zlib did not end (\(ended))")
        unsafe count = bound - Int(stream.avail_out)
      }
    }
  }

  /// nil when `bytes` are no gzip text, or one of more than `limit` bytes.
  public static func decompressed(_ bytes: [UInt8], limit: Int) -> [UInt8]? {
    var stream = unsafe z_stream()
    let begun = unsafe czlib_begin_gunzip(&stream)
    precondition(begun == Z_OK, "zlib cannot begin (\(begun))")
    defer { unsafe inflateEnd(&stream) }
    var input = bytes
    var isWhole = false
    let output = unsafe [UInt8](unsafeUninitializedCapacity: limit) { output, count in
      unsafe input.withUnsafeMutableBufferPointer { input in
        unsafe stream.next_in = input.baseAddress
        unsafe stream.avail_in = UInt32(input.count)
        unsafe stream.next_out = output.baseAddress
        unsafe stream.avail_out = UInt32(limit)
        isWhole = unsafe inflate(&stream, Z_FINISH) == Z_STREAM_END && stream.avail_in == 0
        unsafe count = limit - Int(stream.avail_out)
      }
    }
    return isWhole ? output : nil
  }
}
