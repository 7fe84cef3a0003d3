import OutboundClient
import Reactor
import Testing

private func bytes(_ text: String) throws -> [UInt8] {
  guard case .internet(let bytes, _) = try #require(SocketAddress(address: text, port: 0)) else { return [] }
  return bytes
}

@Suite struct AddressGuardTests {
  @Test(arguments: [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.254", "169.254.169.254",
    "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.19.255.255", "198.51.100.7",
    "203.0.113.9", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::7f00:1", "::8.8.8.8", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:0:127.0.0.1",
    "64:ff9b::127.0.0.1", "64:ff9b::10.1.2.3", "64:ff9b:1::8.8.8.8", "2002:7f00:1::1", "2002:808:808::1", "2001::1", "2001:2::1",
    "2001:10::1", "2001:db8::1", "3fff::1", "fe80::1", "febf::1", "fec0::1", "fc00::1", "fd12:3456::1", "ff02::1", "100::1", "5f00::1",
    "4000::1",
  ])
  func `what is not public is refused`(address: String) throws {
    #expect(!AddressGuard.publicAddresses().permits(try bytes(address)))
    #expect(AddressGuard.open.permits(try bytes(address)))
  }

  @Test(arguments: [
    "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.1", "172.15.255.255",
    "172.32.0.0", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255",
    "2606:4700:4700::1111", "2a00:1450:4001::1", "2001:4860:4860::8888", "2001:200::1", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8",
  ])
  func `what is public is permitted`(address: String) throws { #expect(AddressGuard.publicAddresses().permits(try bytes(address))) }

  @Test func `what is allowed is permitted, in IPv6 clothes too, and no more`() throws {
    let allowed = try ["10.1.0.0/16", "fd00:1::/32", "192.168.7.9"].map { try #require(AddressRange($0)) }
    let guarding = AddressGuard.publicAddresses(and: allowed)
    for address in ["10.1.0.0", "10.1.255.255", "::ffff:10.1.2.3", "fd00:1:ffff::1", "192.168.7.9", "8.8.8.8"] {
      #expect(guarding.permits(try bytes(address)))
    }
    for address in ["10.0.255.255", "10.2.0.0", "::ffff:10.2.0.0", "fd00:2::1", "192.168.7.8", "127.0.0.1"] {
      #expect(!guarding.permits(try bytes(address)))
    }
  }

  @Test func `a length that is no address is refused`() {
    for count in [0, 3, 5, 15, 17] { #expect(!AddressGuard.publicAddresses().permits([UInt8](repeating: 8, count: count))) }
  }

  @Test(arguments: ["0.0.0.0/0", "::/0", "10.0.0.0/8", "10.1.2.3", "10.1.2.3/32", "10.128.0.0/9", "::1/128", "fd00::/8"])
  func `a range`(text: String) { #expect(AddressRange(text) != nil) }

  @Test(arguments: [
    "", "/8", "10.0.0.0/", "10.0.0.0/33", "::/129", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/8/8", "10.0.0.1/8", "10.0.0.0/ 8",
    "010.0.0.0/8", "host", "10.0/16", "10.0.0.0/0008",
  ])
  func `what is no range`(text: String) { #expect(AddressRange(text) == nil) }
}
