import Domain
import Testing

@testable import HTTPAPI

@Suite struct ForwardedForTests {
    private static let trusted = ["10.0.0.0/8", "2001:db8::/32", "127.0.0.1"]

    private func client(_ peer: String, _ forwarded: [String], _ xForwardedFor: [String]) throws -> String {
        let blocks = try Self.trusted.map { try #require(AddressBlock($0)) }
        let peer = try #require(InternetAddress(peer))
        return ForwardedFor.client(peer: peer, forwarded: forwarded, xForwardedFor: xForwardedFor, trusted: blocks).description
    }

    @Test(
        arguments: [
            // Nobody in between, or nobody whom we know.
            ("192.0.2.1", [], "192.0.2.1"), ("192.0.2.1", ["198.51.100.1"], "192.0.2.1"), ("10.0.0.1", [], "10.0.0.1"),
            ("10.0.0.1", [""], "10.0.0.1"), ("10.0.0.1", [" "], "10.0.0.1"),
            // One proxy, then two, then one that is not ours.
            ("10.0.0.1", ["192.0.2.1"], "192.0.2.1"), ("::ffff:10.0.0.1", ["192.0.2.1"], "192.0.2.1"),
            ("2001:db8::1", ["2001:db9::1"], "2001:db9::1"),
            ("10.0.0.1", ["192.0.2.1, 10.0.0.2"], "192.0.2.1"), ("10.0.0.1", ["192.0.2.1", "10.0.0.2"], "192.0.2.1"),
            ("10.0.0.1", ["6.6.6.6, 192.0.2.1"], "192.0.2.1"), ("10.0.0.1", ["6.6.6.6", "192.0.2.1,10.0.0.3,\t10.0.0.2 "], "192.0.2.1"),
            ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"), ("10.0.0.1", ["127.0.0.1"], "127.0.0.1"),
            // Ports and brackets.
            ("10.0.0.1", ["192.0.2.1:80"], "192.0.2.1"), ("10.0.0.1", ["[2001:db9::1]:80"], "2001:db9::1"),
            ("10.0.0.1", ["[2001:db9::1]"], "2001:db9::1"),
            ("10.0.0.1", ["::ffff:192.0.2.1"], "192.0.2.1"),
            // Garbage ends the walk where it stands.
            ("10.0.0.1", ["unknown"], "10.0.0.1"), ("10.0.0.1", ["192.0.2.1, unknown, 10.0.0.2"], "10.0.0.2"),
            ("10.0.0.1", ["192.0.2.1,"], "10.0.0.1"),
            ("10.0.0.1", ["192.0.2.1:"], "10.0.0.1"), ("10.0.0.1", ["192.0.2.1:123456"], "10.0.0.1"), ("10.0.0.1", ["192.0.2.1:8a"], "10.0.0.1"),
            ("10.0.0.1", ["[192.0.2.1"], "10.0.0.1"), ("10.0.0.1", ["[2001:db9::1]x"], "10.0.0.1"), ("10.0.0.1", ["192.0.2.1 6.6.6.6"], "10.0.0.1"),
            ("10.0.0.1", ["\"192.0.2.1\""], "10.0.0.1"), ("10.0.0.1", ["for=192.0.2.1"], "10.0.0.1"),
        ] as [(String, [String], String)])
    func `X-Forwarded-For is walked from its end as long as our proxies wrote it`(_ peer: String, _ values: [String], _ expected: String) throws {
        #expect(try client(peer, [], values) == expected)
    }

    @Test(
        arguments: [
            ("192.0.2.1", ["for=198.51.100.1"], "192.0.2.1"), ("10.0.0.1", ["for=192.0.2.1"], "192.0.2.1"),
            ("10.0.0.1", ["FOR=\"[2001:db9:cafe::17]:4711\""], "2001:db9:cafe::17"),
            ("10.0.0.1", ["for=\"192.0.2.1:80\";proto=https;by=10.0.0.1"], "192.0.2.1"),
            ("10.0.0.1", ["by=10.0.0.1 ; for=192.0.2.1; host=\"a,b;for=6.6.6.6\""], "192.0.2.1"),
            ("10.0.0.1", ["for=6.6.6.6, for=192.0.2.1, for=10.0.0.2"], "192.0.2.1"), ("10.0.0.1", ["for=192.0.2.1", "for=10.0.0.2"], "192.0.2.1"),
            ("10.0.0.1", ["for=192.0.2.1;"], "192.0.2.1"), ("10.0.0.1", ["for=\"\\1\\9\\2.0.2.1\""], "192.0.2.1"),
            // Garbage, among it everything with which a client could swallow what the proxy adds.
            ("10.0.0.1", ["for=unknown"], "10.0.0.1"), ("10.0.0.1", ["for=_hidden, for=10.0.0.2"], "10.0.0.2"),
            ("10.0.0.1", ["proto=https"], "10.0.0.1"),
            ("10.0.0.1", ["for=6.6.6.6;x=\", for=192.0.2.1"], "10.0.0.1"), ("10.0.0.1", ["for=6.6.6.6;x=\", for=\"192.0.2.1\""], "10.0.0.1"),
            ("10.0.0.1", ["for=6.6.6.6;x=\"\\", "for=192.0.2.1"], "192.0.2.1"), ("10.0.0.1", ["for=6.6.6.6;x=\"\\"], "10.0.0.1"),
            ("10.0.0.1", ["for=6.6.6.6;for=192.0.2.1"], "10.0.0.1"), ("10.0.0.1", ["for=192.0.2.1 x"], "10.0.0.1"), ("10.0.0.1", ["for"], "10.0.0.1"),
            ("10.0.0.1", ["for="], "10.0.0.1"), ("10.0.0.1", ["for=192.0.2.1,"], "10.0.0.1"), ("10.0.0.1", [",,"], "10.0.0.1"),
            ("10.0.0.1", ["192.0.2.1"], "10.0.0.1"), ("10.0.0.1", ["for=\"192.0.2.1"], "10.0.0.1"), ("10.0.0.1", ["for=192.0.2.1;;"], "10.0.0.1"),
        ] as [(String, [String], String)])
    func `Forwarded is read as RFC 7239 has it and walked the same way`(_ peer: String, _ values: [String], _ expected: String) throws {
        #expect(try client(peer, values, []) == expected)
    }

    @Test func `two headers that disagree are both ignored: one of them is the client's own`() throws {
        #expect(try client("10.0.0.1", ["for=6.6.6.6"], ["192.0.2.1"]) == "10.0.0.1")
        #expect(try client("10.0.0.1", ["for=192.0.2.1"], ["6.6.6.6"]) == "10.0.0.1")
        #expect(try client("10.0.0.1", ["for=192.0.2.1"], ["192.0.2.1"]) == "192.0.2.1")
        #expect(try client("10.0.0.1", ["for=192.0.2.1"], ["6.6.6.6, 192.0.2.1, 10.0.0.9"]) == "192.0.2.1")
    }
}
