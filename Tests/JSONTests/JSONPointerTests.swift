import JSON
import Testing

@Suite struct JSONPointerTests {
    /// The document and the table of RFC 6901, section 5.
    static let document: JSONValue = [
        "foo": ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2, "e^f": 3, "g|h": 4, "i\\j": 5, "k\"l": 6, " ": 7, "m~n": 8,
    ]

    @Test(
        arguments: [
            ("", document), ("/foo", ["bar", "baz"]), ("/foo/0", "bar"), ("/", 0), ("/a~1b", 1), ("/c%d", 2), ("/e^f", 3), ("/g|h", 4),
            ("/i\\j", 5), ("/k\"l", 6), ("/ ", 7), ("/m~0n", 8),
        ] as [(String, JSONValue)])
    func `the examples of section 5 resolve`(_ text: String, _ expected: JSONValue) throws {
        let pointer = try #require(JSONPointer(text))
        #expect(pointer.resolve(in: Self.document) == expected)
        #expect(pointer.description == text)
    }

    @Test(arguments: ["foo", "~", "/~", "/a~", "/~2", "/a~/b", " /a", "#/a"]) func `what is no pointer makes none`(_ text: String) {
        #expect(JSONPointer(text) == nil)
    }

    @Test(arguments: [
        "/foo/2", "/foo/-", "/foo/00", "/foo/01", "/foo/+1", "/foo/-1", "/foo/", "/foo/1e0", "/foo/99999999999999999999", "/foo/0/x",
        "/nope", "//", "/foo/٠",
    ])
    func `a place that does not exist resolves to nothing`(_ text: String) throws {
        #expect(try #require(JSONPointer(text)).resolve(in: Self.document) == nil)
    }

    @Test func `a pointer is built from keys and indexes and escapes them`() {
        let pointer = JSONPointer.root.appending("a/b~").appending(3).appending("").appending("~1")
        #expect(pointer.description == "/a~1b~0/3//~01")
        #expect(JSONPointer(pointer.description) == pointer)
        #expect(pointer.tokens == ["a/b~", "3", "", "~1"])
        #expect(JSONPointer.root.description.isEmpty)
    }

    @Test func `tildes are unescaped once`() {
        #expect(JSONPointer("/~01")?.tokens == ["~1"])
        #expect(JSONPointer("/a//b/")?.tokens == ["a", "", "b", ""])
    }

    @Test func `tokens are compared by code points`() {
        #expect(JSONPointer("/\u{E9}") != JSONPointer("/e\u{301}"))
        #expect(Set([JSONPointer.root.appending("a"), JSONPointer(tokens: ["a"])]).count == 1)
    }
}
