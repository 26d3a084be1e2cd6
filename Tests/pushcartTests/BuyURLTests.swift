import Testing

@testable import pushcart

struct BuyURLTests {
    @Test(
        "An address has one normal spelling",
        arguments: [
            ("HTTP://Example.COM:80/p/hello", "http://example.com/p/hello"), ("https://example.com:443", "https://example.com/"),
            ("https://example.com:8443?x=1", "https://example.com:8443/?x=1"), ("http://a/%7euser/%2f%c3%a9", "http://a/~user/%2F%C3%A9"),
            ("http://a/b/../c/./d#part", "http://a/c/d"), ("http://a/b/%2e%2e/c", "http://a/c"), ("http://a/b/..", "http://a/"),
            ("http://[::1]:8402/p", "http://[::1]:8402/p"), ("http://a/?", "http://a/?"), ("http://a:/", "http://a/"), ("http://a//b", "http://a//b"),
        ])
    func spelling(_ text: String, _ normal: String) throws {
        let url = try #require(BuyURL(text))
        #expect(url.description == normal)
        #expect(BuyURL(normal) == url)
    }

    @Test(
        "What two readers could understand differently is no address",
        arguments: [
            "", "p/hello", "/p/hello", "ftp://a/", "file:///etc/passwd", "http:/a", "http://", "http:///p", "http://user@a/", "http://a@b/",
            "http://a:0/", "http://a:65536/", "http://a:+80/", "http://a:８０/", "http://a b/", "http://a\\b/", "http://аpple.com/", "http://a/%zz",
            "http://a/%2", "http://a/\u{0}", "http://[::1/", "http://[::1]x/", "http://a/é", "javascript:alert(1)", "http://a;b/", "http://a,b/",
        ])
    func refused(_ text: String) { #expect(BuyURL(text) == nil) }

    @Test(
        "Similar addresses stay different",
        arguments: [
            "https://127.0.0.1:8402/p/hello", "http://127.0.0.1:8403/p/hello", "http://127.0.0.1.evil.example:8402/p/hello",
            "http://127.0.0.1:8402/p/Hello", "http://127.0.0.1:8402/p/hello/", "http://127.0.0.1:8402/p/hello?x", "http://localhost:8402/p/hello",
            "http://127.0.0.1:8402/p/hell%6f/..",
        ])
    func different(_ text: String) throws { #expect(try #require(BuyURL(text)) != BuyFixture.asked) }

    @Test(
        "A reference is resolved as RFC 3986 wants it",
        arguments: [
            ("/r/abc", "http://a/r/abc"), ("c", "http://a/b/c"), ("../c?x", "http://a/c?x"), ("?y", "http://a/b/d?y"), ("#z", "http://a/b/d?q"),
            ("//other/x", "http://other/x"), ("https://a/x", "https://a/x"), ("", "http://a/b/d?q"),
        ])
    func resolved(_ reference: String, _ result: String) throws {
        #expect(try #require(BuyURL("http://a/b/d?q")).resolving(reference)?.description == result)
    }

    @Test(
        "A reference to something else than the web leads nowhere", arguments: ["javascript:alert(1)", "mailto:a@b", "http:x", "/a b", "//user@a/"])
    func unresolved(_ reference: String) throws { #expect(try #require(BuyURL("http://a/b")).resolving(reference) == nil) }
}
