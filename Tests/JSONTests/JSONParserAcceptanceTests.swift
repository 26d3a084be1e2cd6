import JSON
import Testing

@Suite struct JSONParserAcceptanceTests {
    struct Valid: Sendable, CustomTestStringConvertible {
        var text: String
        var value: JSONValue

        init(_ text: String, _ value: JSONValue) {
            self.text = text
            self.value = value
        }

        var testDescription: String { text }
    }

    static let values: [Valid] = [
        .init("null", nil),
        .init("true", true),
        .init("false", false),
        .init("0", 0),
        .init("-1", -1),
        .init(" \t\r\n1 \t\r\n", 1),
        .init(#""""#, ""),
        .init("[]", []),
        .init("[ ]", []),
        .init("{}", [:]),
        .init("{ }", [:]),
        .init("[null,true,1,\"a\",[],{}]", [nil, true, 1, "a", [], [:]]),
        .init(#" { "a" : [ 1 , 2 ] , "b" : { "" : null } } "#, ["a": [1, 2], "b": ["": nil]]),
        .init("[[[[]]]]", [[[[]]]]),
        .init(#"{"a":{"a":{"a":1}}}"#, ["a": ["a": ["a": 1]]]),
        .init(#"{"a":1,"A":2}"#, ["a": 1, "A": 2]),
    ]

    static let strings: [Valid] = [
        .init(#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"),
        .init(#""\u0000""#, "\0"),
        .init(#""\u0041\u00e9\u20AC""#, "Aé€"),
        .init(#""\ud83d\ude00 \uD83D\uDE00""#, "😀 😀"),
        .init(#""\ud800\udc00\udbff\udfff""#, "\u{10000}\u{10FFFF}"),
        .init(#""\ud7ff\ue000\uffff""#, "\u{D7FF}\u{E000}\u{FFFF}"),
        .init("\"é€😀\u{7F}\u{80}\u{2028}\u{2029}\"", "é€😀\u{7F}\u{80}\u{2028}\u{2029}"),
        .init(#""é\u00e9é""#, "ééé"),
        .init(#""\\u0041""#, #"\u0041"#),
        .init(#""\\\"""#, #"\""#),
        .init(#""// no comment /* here */""#, "// no comment /* here */"),
        .init(#""12345678\n12345678901234567890\t""#, "12345678\n12345678901234567890\t"),
    ]

    @Test(arguments: values + strings)
    func `a valid text has its value`(_ valid: Valid) throws {
        #expect(try JSONValue(parsing: valid.text) == valid.value)
        #expect(try JSONValue(parsing: Array(valid.text.utf8)) == valid.value)
    }

    @Test(arguments: [
        "0", "-0", "0.0", "-0.0", "1", "-1", "10", "1.0", "1.50", "1e2", "1E2", "1e+2", "1e-2", "0e0", "0E+1", "123.456e-789",
        "9223372036854775808", "123456789012345678901234567890", "1e400", "0.1000000000000000055511151231257827",
    ])
    func `a number keeps its literal`(_ literal: String) throws {
        #expect(try JSONValue(parsing: literal).number?.literal == literal)
        #expect(try JSONValue(parsing: "[\(literal)]") == .array([.number(try #require(JSONNumber(literal: literal)))]))
    }

    @Test func `keys that only Unicode holds to be equal are different keys`() throws {
        let value = try JSONValue(parsing: #"{"\u00e9":1,"e\u0301":2}"#)
        #expect(value.object?.count == 2)
        #expect(value["\u{E9}"] == 1)
        #expect(value["e\u{301}"] == 2)
        // Equal to Unicode and of the same length: only the order of two accents differs.
        let marks = try JSONValue(parsing: #"{"a\u0301\u0323":1,"a\u0323\u0301":2}"#)
        #expect(marks["a\u{301}\u{323}"] == 1)
        #expect(marks["a\u{323}\u{301}"] == 2)
    }

    @Test func `members keep their order`() throws {
        #expect(try JSONValue(parsing: #"{"z":1,"a":2,"m":3}"#).object?.keys == ["z", "a", "m"])
    }

    @Test func `the same bytes parse alike from any kind of sequence`() throws {
        let text = #"{"a":[1,"é"]}"#
        let bytes = Array(text.utf8)
        let value = try JSONValue(parsing: text)
        #expect(try JSONValue(parsing: bytes[...]) == value)
        #expect(try JSONValue(parsing: text.utf8) == value)
        #expect(try JSONValue(parsing: AnySequence(bytes)) == value)
        #expect(try JSONValue(parsing: bytes.lazy.map { $0 }) == value)
        #expect(try bytes.withUnsafeBytes { raw in Result { try JSONValue(parsing: raw) } }.get() == value)
    }

    @Test func `an empty buffer without an address is an early end`() {
        let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
        #expect(throws: JSONError(.unexpectedEnd, offset: 0)) { try JSONValue(parsing: nothing) }
    }
}
