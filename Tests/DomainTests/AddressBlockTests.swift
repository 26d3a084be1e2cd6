import Domain
import Testing

@Suite struct AddressBlockTests {
    // MARK: Addresses

    @Test(
        arguments: [
            ("192.0.2.1", "192.0.2.1"), ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"), ("::ffff:192.0.2.1", "192.0.2.1"),
            ("::FFFF:c000:0201", "192.0.2.1"), ("0:0:0:0:0:ffff:192.0.2.1", "192.0.2.1"), ("::", "::"), ("::1", "::1"), ("1::", "1::"),
            ("0:0:0:0:0:0:0:0", "::"), ("2001:DB8::1", "2001:db8::1"), ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
            ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"), ("2001:0db8:0000:0000:0001:0000:0000:0000", "2001:db8:0:0:1::"),
            ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"), ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"), ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"),
            ("1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"), ("64:ff9b::192.0.2.1", "64:ff9b::c000:201"), ("::192.0.2.1", "::c000:201"),
            ("fe80::ffff:ffff:ffff:ffff", "fe80::ffff:ffff:ffff:ffff"), ("1:0:0:2:0:0:0:3", "1:0:0:2::3"),
        ])
    func `an address is read and written in its one short form`(_ text: String, _ written: String) throws {
        let address = try #require(InternetAddress(text))
        #expect(address.description == written)
        #expect(InternetAddress(written) == address)
        #expect(InternetAddress(bytes: address.bytes) == address)
        #expect(address.bytes.count == (address.isIPv4 ? 4 : 16))
        #expect(address.isIPv4 == !written.contains(":"))
    }

    @Test(
        arguments: [
            "", " ", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.04", "1..3.4", "1.2.3.4 ", " 1.2.3.4", "+1.2.3.4", "0x1.2.3.4",
            "1.2.3.4:80", "1,2,3,4", "١.2.3.4", "1.2.3.", ":", ":::", "::1::", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::",
            "::1:2:3:4:5:6:7:8", ":1:2:3:4:5:6:7", "1:2:3:4:5:6:7:", "12345::", "g::", "-1::", "::1%eth0", "[::1]", "::1.2.3", "::1.2.3.4:5",
            "1:2:3:4:5:6:7:1.2.3.4", "::1.2.3.4.5", "1.2.3.4::", "::ffff:1.2.3.400", "localhost", "1:2:3:4:5:6:7:8\u{0}", "1.2.3.4\n",
            "0000:0000:0000:0000:0000:0000:255.255.255.2555",
        ])
    func `what is no address is refused`(_ text: String) {
        #expect(InternetAddress(text) == nil)
        #expect(AddressBlock(text) == nil)
    }

    @Test func `only 4 or 16 bytes are an address`() {
        #expect(InternetAddress(bytes: [192, 0, 2, 1])?.description == "192.0.2.1")
        #expect(InternetAddress(bytes: [UInt8](repeating: 0, count: 10) + [255, 255, 192, 0, 2, 1])?.description == "192.0.2.1")
        for count in [0, 3, 5, 15, 17] { #expect(InternetAddress(bytes: [UInt8](repeating: 1, count: count)) == nil) }
    }

    // MARK: Blocks

    @Test(
        arguments: [
            ("10.0.0.0/8", "10.255.255.255", true), ("10.0.0.0/8", "11.0.0.0", false), ("10.0.0.0/8", "::ffff:10.1.2.3", true),
            ("10.0.0.0/8", "::10.1.2.3", false), ("192.0.2.1", "192.0.2.1", true), ("192.0.2.1", "192.0.2.0", false),
            ("192.0.2.1/32", "192.0.2.1", true), ("192.0.2.128/25", "192.0.2.127", false), ("192.0.2.128/25", "192.0.2.128", true),
            ("0.0.0.0/0", "255.1.2.3", true), ("0.0.0.0/0", "::1", false), ("::/0", "2001:db8::1", true), ("::/0", "1.2.3.4", false),
            ("::/0", "::ffff:1.2.3.4", false), ("2001:db8::/32", "2001:db8:ffff::1", true), ("2001:db8::/32", "2001:db9::", false),
            ("2001:db8::/33", "2001:db8:8000::", false), ("2001:db8:0:1::/64", "2001:db8:0:1:ffff::1", true),
            ("2001:db8:0:1::/64", "2001:db8:0:2::", false), ("2001:db8::8/125", "2001:db8::f", true), ("2001:db8::8/125", "2001:db8::7", false),
            ("::1", "::1", true), ("::1/128", "::2", false), ("::ffff:10.0.0.0/104", "10.9.9.9", true), ("::ffff:10.0.0.0/104", "9.9.9.9", false),
            ("::ffff:0:0/96", "1.2.3.4", true), ("::ffff:0:0/96", "::1", false), ("10.0.0.0/8", "", false), ("10.0.0.0/8", "10.0.0.1/32", false),
            ("10.0.0.0/8", "10.0.0.1:80", false),
        ])
    func `a block holds the addresses that share its prefix`(_ text: String, _ address: String, _ holds: Bool) throws {
        let block = try #require(AddressBlock(text))
        #expect(block.contains(address) == holds)
        #expect(AddressBlock(block.description) == block)
        if let address = InternetAddress(address) {
            #expect(block.contains(address) == holds)
            #expect(block.contains(bytes: address.bytes) == holds)
        }
    }

    @Test(
        arguments: [
            "", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/08", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/8/8", "10.0.0.0/255.0.0.0",
            "10.1.2.3/8", "10.0.0.1/31", "2001:db8::1/64", "2001:db8::/129", "::ffff:10.0.0.0/95", "::ffff:0:0/64", "10/8", "10.0.0.0 /8",
        ])
    func `a block with bits behind its prefix, or of no clear length, is refused`(_ text: String) {
        #expect(AddressBlock(text) == nil)
    }

    @Test func `two spellings of a block are one`() throws {
        let blocks = try ["10.0.0.0/8", "::ffff:10.0.0.0/104", "::FFFF:a00:0/104"].map { try #require(AddressBlock($0)) }
        #expect(Set(blocks).count == 1)
        #expect(blocks[1].description == "10.0.0.0/8")
        #expect(AddressBlock("10.0.0.0/9") != blocks[0])
        #expect(blocks[0].contains(bytes: [10, 0, 0]) == false)
    }

    // MARK: Classes

    @Test(
        arguments: [
            ("192.0.2.1", "::ffff:192.0.2.1", true, "192.0.2.1/32"), ("192.0.2.1", "192.0.2.2", false, "192.0.2.1/32"),
            ("2001:db8:0:1::1", "2001:db8:0:1:ffff:ffff:ffff:ffff", true, "2001:db8:0:1::/64"),
            ("2001:db8:0:1::1", "2001:db8:0:2::1", false, "2001:db8:0:1::/64"), ("::1", "::2", true, "::/64"),
            // An IPv6 network whose number looks like an IPv4 address is not that address.
            ("0:0:c000:201::", "192.0.2.1", false, "0:0:c000:201::/64"),
        ])
    func `an IPv4 address counts for itself, an IPv6 address for its network`(_ a: String, _ b: String, _ same: Bool, _ text: String) throws {
        let (first, second) = (AddressClass(try #require(InternetAddress(a))), AddressClass(try #require(InternetAddress(b))))
        #expect((first == second) == same)
        #expect(first.description == text)
    }

    @Test(arguments: [
        ("203.0.113.77", "203.0.113.0/24"), ("::ffff:203.0.113.77", "203.0.113.0/24"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"),
        ("0.0.0.0", "0.0.0.0/24"),
    ])
    func `the network of an address does not tell whose it is`(_ address: String, _ network: String) throws {
        #expect(try #require(InternetAddress(address)).network?.description == network)
    }
}
