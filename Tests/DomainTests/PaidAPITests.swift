import Domain
import Testing

/// What a request of a paid API means (C-01, C-02).
@Suite struct PaidAPITests {
    private static func api(_ routes: [String]) throws -> PaidAPI {
        PaidAPI(upstream: try #require(UpstreamAddress("http://127.0.0.1:9000")), isTrusted: true, routes: try routes.map { try APIRoute($0) })
    }

    private static func name(_ match: PaidAPI.Match) -> String {
        switch match {
        case .route(let route): route.map { "\($0.path) \($0.price ?? "-")" } ?? "all"
        case .otherMethods(let methods): "only \(methods.joined(separator: ","))"
        case .nothing: "nothing"
        }
    }

    // MARK: C-01

    @Test(arguments: [
        "/a%2fb", "/a%2Fb", "/a%252Fb", "/a%5Cb", "/a%5cb", "/a\\b", "//a", "/a//b", "/./a", "/a/..", "/a/../b", "/a/.", "/%2e%2e/a", "/%2E/a",
        "/a;x=1", "/a%3Bx", "/a%", "/a%4", "/a%zz", "/a%c0%af", "/a%c0", "/a%ff", "/a%00", "/a\u{0}b", "/a%0d%0a", "/a%7f", "/de%61r", "/a b",
        "/é", "/a#b", "/a?%00", "/a?%", "/a?x=%zz", "/a?%ff", "a",
    ])
    func `a path that can be read in two ways is none`(text: String) { #expect(APIPath(text) == nil, "\(text)") }

    @Test(arguments: ["", "/", "/a", "/a/", "/a/b.c", "/a%20b", "/caf%C3%A9", "/a?b=c&d=%2F..%2F", "/a:b@c,d", "/a?b=c?d/e", "/100%25", "?q=1"])
    func `other paths are taken as they are`(text: String) throws {
        let path = try #require(APIPath(text))
        #expect(path.text + path.query == text)
    }

    @Test func `paths and queries have their lengths`() {
        #expect(APIPath("/" + String(repeating: "a", count: 1023)) != nil && APIPath("/" + String(repeating: "a", count: 1024)) == nil)
        #expect(APIPath("/?" + String(repeating: "a", count: 4095)) != nil && APIPath("/?" + String(repeating: "a", count: 4096)) == nil)
    }

    // MARK: Routes

    @Test(arguments: [
        ("/dear", "/dear 1.00"), ("/x", "/{any} 0.01"), ("/dear/x", "/dear/* 0.50"), ("/dear/x/y", "/dear/* 0.50"), ("/a/b", "/a/{y} 0.03"),
        ("/c/b", "/{x}/b 0.04"), ("/", "/ -"), ("", "/ -"), ("/q/r/s", "nothing"),
        // What a service may take for a dear path is not sold as a cheap one.
        ("/DEAR", "nothing"), ("/dear/", "nothing"), ("/Dear/", "nothing"), ("/x/", "nothing"), ("/A/b", "nothing"),
    ])
    func `the most specific route wins`(path: String, expected: String) throws {
        let api = try Self.api([
            "GET /{any} 0.01", "GET /dear 1.00", "GET /dear/* 0.50", "GET /{x}/b 0.04", "GET /a/{y} 0.03", "GET /",
        ])
        #expect(Self.name(api.match("GET", try #require(APIPath(path)))) == expected, "\(path)")
    }

    // MARK: C-02

    @Test func `methods that are not listed are denied`() throws {
        let api = try Self.api(["GET,POST /a 0.01", "DELETE /a 0.50", "PUT /{x}"])
        let path = try #require(APIPath("/a"))
        #expect(Self.name(api.match("GET", path)) == "/a 0.01" && Self.name(api.match("DELETE", path)) == "/a 0.50")
        #expect(Self.name(api.match("PATCH", path)) == "only GET,POST,PUT,DELETE")
        for method in ["HEAD", "OPTIONS", "TRACE", "CONNECT", "get", "PURGE"] {
            #expect(Self.name(api.match(method, path)) == "only GET,POST,PUT,DELETE", "\(method)")
        }
        #expect(api.match("GET", try #require(APIPath("/b"))) == .otherMethods(["PUT"]))
        #expect(try Self.api([]).match("TRACE", path) == .otherMethods(PaidAPI.methods))
        #expect(try Self.api([]).match("PATCH", path) == .route(nil))
    }

    @Test(arguments: [
        "", "GET", "GET a", "GET /a 0", "GET /a -1", "GET /a 1e2", "GET /a x", "GET /a 0.01 x", "HEAD /a", "get /a", "GET,GET /a", "GET, POST /a",
        "GET /a//b", "GET /a/../b", "GET /a/{}", "GET /a/{b", "GET /a/*/b", "GET /a%20b", "GET /a;b", "GET /a?b",
    ])
    func `what is no route is refused with a sentence`(text: String) {
        do throws(APIRoute.Refusal) {
            _ = try APIRoute(text)
            Issue.record("“\(text)” was taken")
        } catch { #expect(error.description.hasSuffix(".")) }
    }

    @Test(arguments: ["GET /a 0.02", "GET,POST /forecast/{city} 0.05", "DELETE /", "GET /files/*"])
    func `a route is written as it was read`(text: String) throws { #expect(try APIRoute(text).description == text) }

    // MARK: Addresses

    @Test(arguments: [
        ("http://127.0.0.1:9000", "127.0.0.1", 9000), ("https://api.example/v1/", "api.example", 443), ("http://[::1]:80", "::1", 80),
        ("https://A.example", "a.example", 443),
    ])
    func `a service's address is read`(text: String, host: String, port: Int) throws {
        let address = try #require(UpstreamAddress(text))
        #expect(address.host == host && address.port == port && !address.description.hasSuffix("/"))
    }

    @Test(arguments: [
        "", "ftp://a", "http://", "http:///x", "http://a:0", "http://a:70000", "http://a:x", "http://u:p@a", "http://a/?q", "http://a#f",
        "http://a/../b", "http://a b", "http://[::1", "http://[nope]", "http://é", "//a", "http://a/%2e",
    ])
    func `what is no address of a service is refused`(text: String) { #expect(UpstreamAddress(text) == nil, "\(text)") }

    // MARK: C-44

    @Test(arguments: [
        "127.0.0.1", "127.255.255.254", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "192.0.0.1", "198.18.0.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "203.0.113.9", "::", "::1", "::ffff:127.0.0.1",
        "::ffff:10.0.0.1", "::127.0.0.1", "fc00::1", "fd12:3456::1", "fe80::1", "fec0::1", "ff02::1", "2001:db8::1", "2002:7f00:1::", "2002:a00:1::1",
        "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "100::1", "2001::1", "fd00:ec2::254",
    ])
    func `an address out of the open Internet is told`(text: String) throws {
        #expect(try #require(InternetAddress(text)).isPublic == false, "\(text)")
    }

    @Test(arguments: ["1.1.1.1", "8.8.8.8", "172.32.0.1", "193.0.0.1", "::ffff:8.8.8.8", "2606:4700::1111", "2a00:1450::1", "64:ff9b::808:808"])
    func `an address of the open Internet is told`(text: String) throws { #expect(try #require(InternetAddress(text)).isPublic, "\(text)") }
}
