import Testing

@testable import pushcart

struct BuyFilenameTests {
    @Test(
        "Whatever a shop names, a plain base name is left",
        arguments: [
            ("hello.md", "hello.md"), ("../../etc/passwd", "passwd"), ("/etc/passwd", "passwd"), ("C:\\x\\y.exe", "y.exe"), (".bashrc", "bashrc"),
            ("-rf", "rf"), ("a\u{0}b\n.txt", "a b .txt"), ("\u{202E}gpj.exe", "gpj.exe"), ("\u{1B}[31mred", "[31mred"), (" x. ", "x"),
            ("a:b*c?.txt", "abc.txt"), ("été.txt", "été.txt"), ("....//x", "x"),
        ])
    func sanitised(_ text: String, _ name: String) { #expect(BuyFilename.sanitised(text) == name) }

    @Test("What leaves nothing is no name", arguments: ["", ".", "..", "/", "a/", "\u{202E}", "...", "***"])
    func nothing(_ text: String) { #expect(BuyFilename.sanitised(text) == nil) }

    @Test("A long name keeps its ending")
    func long() throws {
        let name = try #require(BuyFilename.sanitised(String(repeating: "é", count: 300) + ".flac"))
        #expect(name.utf8.count <= BuyFilename.maximumLength)
        #expect(name.hasSuffix("é.flac"))
        #expect(try #require(BuyFilename.sanitised("a." + String(repeating: "b", count: 300))).utf8.count <= BuyFilename.maximumLength)
    }

    @Test("Taken names are numbered before the ending")
    func numbered() {
        #expect(BuyFilename.numbered("a.tar.gz", 0) == "a.tar.gz")
        #expect(BuyFilename.numbered("a.md", 1) == "a (1).md")
        #expect(BuyFilename.numbered("a", 2) == "a (2)")
    }

    @Test(
        "The name comes from Content-Disposition, else from the address and the type",
        arguments: [
            (#"attachment; filename="a; b.txt""#, nil, "a; b.txt"),
            (#"attachment; filename="x.txt"; filename*=UTF-8''caf%C3%A9.txt"#, nil, "café.txt"),
            ("attachment; filename*=UTF-8''..%2F..%2Fb.txt", nil, "b.txt"), ("attachment; filename*=UTF-8''%zz; filename=y", nil, "y"),
            (#"attachment; filename="a\"b.txt""#, nil, "ab.txt"), ("attachment", "text/markdown; charset=utf-8", "hello.md"),
            (nil, "application/octet-stream", "hello"), (nil, nil, "hello"), (#"attachment; filename="..""#, "audio/flac", "hello.flac"),
        ] as [(String?, String?, String)])
    func suggested(_ disposition: String?, _ type: String?, _ name: String) {
        #expect(BuyFilename.suggested(disposition: disposition, url: BuyFixture.asked, mediaType: type) == name)
    }

    @Test("The root of a shop has no name to give")
    func root() throws {
        #expect(BuyFilename.suggested(disposition: nil, url: try #require(BuyURL("http://a/")), mediaType: nil) == "goods")
        #expect(BuyFilename.suggested(disposition: nil, url: try #require(BuyURL("http://a/x%2F..%2F.ssh")), mediaType: nil) == "ssh")
    }

    @Test(
        "Sizes are written for people",
        arguments: [(1, "1 byte"), (999, "999 bytes"), (1260, "1.2 KB"), (300_000_000, "300.0 MB"), (.max, "9223.3 PB")])
    func size(_ bytes: Int64, _ text: String) { #expect(BuyText.size(bytes) == text) }

    @Test("Texts of a shop cannot move the cursor")
    func plain() {
        #expect(BuyText.plain("a\r\n\u{1B}[2Jb\u{202E}c", limit: 100) == "a [2Jbc")
        #expect(BuyText.plain(String(repeating: "x", count: 1_000_000), limit: 5) == "xxxx…")
    }
}

struct BuyLinksTests {
    private func links(_ links: [String], location: String? = nil) -> BuyLinks { BuyLinks(links: links, location: location, at: BuyFixture.asked) }

    @Test("Content and receipt are told apart by their relations, in one header or several")
    func relations() {
        let one = links([#"</r/a/content?x=1,2>; rel="content"; title="a, b", </r/a>; rel=receipt"#])
        #expect(one.content?.description == "http://127.0.0.1:8402/r/a/content?x=1,2")
        #expect(one.receipt?.description == "http://127.0.0.1:8402/r/a")
        #expect(links(["</r/a>; rel=receipt", #"</c>; rel="x enclosure""#]).content?.path == "/c")
        #expect(links(["</next>; rel=next"]) == links([]))
    }

    @Test("Links to other places are not followed")
    func otherOrigin() {
        #expect(
            links(["<http://evil/c>; rel=content", "<//evil/c>; rel=content", "<javascript:x>; rel=receipt"], location: "http://evil/r") == links([]))
        #expect(links([], location: "/r/b").receipt?.path == "/r/b")
    }
}
