internal import CCurl

/// Owns one of libcurl's easy handles, which is used for one transfer after another.
@safe final class EasyHandle {
  let pointer: UnsafeMutableRawPointer
  var id: UInt { unsafe UInt(bitPattern: pointer) }
  private let errorBuffer = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
  private var list: UnsafeMutablePointer<curl_slist>?

  init() {
    guard let pointer = unsafe curl_easy_init() else { preconditionFailure("libcurl has no memory") }
    unsafe self.pointer = unsafe pointer
    unsafe errorBuffer.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
  }

  deinit {
    unsafe curl_easy_cleanup(pointer)
    unsafe curl_slist_free_all(list)
    unsafe errorBuffer.deallocate()
  }

  /// Back to the defaults.
  func reset() {
    unsafe curl_easy_reset(pointer)
    unsafe curl_slist_free_all(list)
    unsafe list = nil
  }

  func set(_ option: CURLoption, _ value: Int) { check(unsafe ccurl_set_long(pointer, option, value)) }
  func set(_ option: CURLoption, _ value: String) { check(unsafe ccurl_set_string(pointer, option, value)) }

  /// libcurl keeps a copy.
  func setBody(_ body: [UInt8]) {
    check(unsafe ccurl_set_size(pointer, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count)))
    let code = unsafe body.withUnsafeBytes { bytes in
      unsafe ccurl_set_pointer(pointer, CURLOPT_COPYPOSTFIELDS, bytes.baseAddress ?? UnsafeRawPointer(pointer))
    }
    check(code)
  }

  /// Each as `Name: value`, as `Name;` for an empty value, or as `Name:` to leave out what libcurl would add.
  func setHeaders(_ lines: [String]) {
    setList(CURLOPT_HTTPHEADER, lines)
  }

  /// One list for each transfer.
  func setList(_ option: CURLoption, _ lines: [String]) {
    for line in lines { unsafe list = unsafe curl_slist_append(list, line) }
    check(unsafe ccurl_set_pointer(pointer, option, list))
  }

  /// What the transfer supplies is sent: so many bytes.
  func setUpload(of count: Int) {
    set(CURLOPT_UPLOAD, 1)
    check(unsafe ccurl_set_size(pointer, CURLOPT_INFILESIZE_LARGE, curl_off_t(count)))
  }

  /// The callbacks of `transfer`, which must outlive its time with libcurl.
  func setCallbacks(to transfer: Transfer) {
    unsafe errorBuffer.pointee = 0
    check(unsafe ccurl_set_pointer(pointer, CURLOPT_ERRORBUFFER, errorBuffer))
    let target = unsafe Unmanaged.passUnretained(transfer).toOpaque()
    for option in [CURLOPT_WRITEDATA, CURLOPT_HEADERDATA, CURLOPT_READDATA, CURLOPT_OPENSOCKETDATA] {
      check(unsafe ccurl_set_pointer(pointer, option, target))
    }
    check(
      unsafe ccurl_set_data_function(pointer, CURLOPT_WRITEFUNCTION) { bytes, size, count, target in
        let part = unsafe UnsafeRawBufferPointer(start: bytes, count: size * count)
        return unsafe EasyHandle.transfer(target).receive(body: part) ? part.count : 0
      })
    check(
      unsafe ccurl_set_data_function(pointer, CURLOPT_HEADERFUNCTION) { bytes, size, count, target in
        let line = unsafe UnsafeRawBufferPointer(start: bytes, count: size * count)
        return unsafe EasyHandle.transfer(target).receive(header: line) ? line.count : 0
      })
    check(
      unsafe ccurl_set_data_function(pointer, CURLOPT_READFUNCTION) { bytes, size, count, target in
        unsafe EasyHandle.transfer(target).supply(UnsafeMutableRawBufferPointer(start: bytes, count: size * count))
      })
    check(
      unsafe ccurl_set_open_socket(pointer) { target, _, address in
        var bytes = [UInt8](repeating: 0, count: 16)
        let length = Int(unsafe ccurl_internet_address(address, &bytes))
        guard unsafe EasyHandle.transfer(target).mayConnect(to: Array(bytes.prefix(length))) else { return -1 }
        return unsafe ccurl_open_socket(address)
      })
  }

  /// 0 before there is one.
  var responseCode: Int {
    var code = 0
    unsafe ccurl_get_long(pointer, CURLINFO_RESPONSE_CODE, &code)
    return code
  }

  /// When the server's own certificate ends, in epoch seconds; nil when libcurl was not asked or there is none (CURLINFO_CERTINFO).
  var certificateExpiry: Int? {
    var text: UnsafePointer<CChar>?
    guard unsafe ccurl_certificate_field(pointer, "Expire date", &text) == CURLE_OK, let found = unsafe text else { return nil }
    let expiry = unsafe curl_getdate(found, nil)
    return expiry < 0 ? nil : Int(expiry)
  }

  /// libcurl's words for what went wrong.
  func message(for code: CURLcode) -> String {
    if unsafe errorBuffer.pointee != 0 { return unsafe String(cString: errorBuffer) }
    return unsafe String(cString: curl_easy_strerror(code))
  }

  private func check(_ code: CURLcode) {
    precondition(code == CURLE_OK, "libcurl refused an option: \(unsafe String(cString: curl_easy_strerror(code)))")
  }

  private static func transfer(_ pointer: UnsafeMutableRawPointer?) -> Transfer {
    guard let pointer = unsafe pointer else { preconditionFailure("a callback without its transfer") }
    return unsafe Unmanaged<Transfer>.fromOpaque(pointer).takeUnretainedValue()
  }
}
