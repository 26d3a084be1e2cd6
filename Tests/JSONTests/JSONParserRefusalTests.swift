import JSON
import Testing

@Suite struct JSONParserRefusalTests {
    struct Malformed: Sendable, CustomTestStringConvertible {
        var bytes: [UInt8]
        var reason: JSONError.Reason
        var offset: Int

        init(_ text: String, _ reason: JSONError.Reason, _ offset: Int) { self.init(Array(text.utf8), reason, offset) }

        init(_ bytes: [UInt8], _ reason: JSONError.Reason, _ offset: Int) {
            self.bytes = bytes
            self.reason = reason
            self.offset = offset
        }

        var testDescription: String { String(decoding: bytes, as: UTF8.self) }
    }

    static let structure: [Malformed] = [
        .init("", .unexpectedEnd, 0),
        .init(" \n", .unexpectedEnd, 2),
        .init("[", .unexpectedEnd, 1),
        .init("[1", .unexpectedEnd, 2),
        .init("[1,", .unexpectedEnd, 3),
        .init("{", .unexpectedEnd, 1),
        .init(#"{"a""#, .unexpectedEnd, 4),
        .init(#"{"a":"#, .unexpectedEnd, 5),
        .init(#"{"a":1"#, .unexpectedEnd, 6),
        .init(#"{"a":1,"#, .unexpectedEnd, 7),
        .init("[1,]", .trailingComma, 3),
        .init("[1 , ]", .trailingComma, 5),
        .init(#"{"a":1,}"#, .trailingComma, 7),
        .init("[,1]", .expectedValue, 1),
        .init("[1,,2]", .expectedValue, 3),
        .init("[1 2]", .expectedCommaOrBracket, 3),
        .init("[1}", .expectedCommaOrBracket, 2),
        .init(#"{"a":1]"#, .expectedCommaOrBrace, 6),
        .init(#"{"a":1 "b":2}"#, .expectedCommaOrBrace, 7),
        .init(#"{"a":1,,"b":2}"#, .expectedKey, 7),
        .init(#"{"a" 1}"#, .expectedColon, 5),
        .init(#"{"a"}"#, .expectedColon, 4),
        .init(#"{"a"::1}"#, .expectedValue, 5),
        .init(#"{"a":}"#, .expectedValue, 5),
        .init("{a:1}", .expectedKey, 1),
        .init("{'a':1}", .expectedKey, 1),
        .init("{1:1}", .expectedKey, 1),
        .init("{null:1}", .expectedKey, 1),
        .init("]", .expectedValue, 0),
        .init("1 2", .trailingContent, 2),
        .init("{}}", .trailingContent, 2),
        .init("[][]", .trailingContent, 2),
        .init("{}\0", .trailingContent, 2),
        .init("\"a\"x", .trailingContent, 3),
        .init("truex", .trailingContent, 4),
        .init("// no\n1", .comment, 0),
        .init("/* no */1", .comment, 0),
        .init("1 // no", .comment, 2),
        .init("[1 /* no */]", .comment, 3),
        .init("/", .expectedValue, 0),
        .init("# no", .expectedValue, 0),
        .init("\u{FEFF}1", .byteOrderMark, 0),
        .init("[\u{FEFF}1]", .expectedValue, 1),
        .init("\u{A0}1", .expectedValue, 0),
        .init("\u{0B}1", .expectedValue, 0),
        .init("[1]\u{0C}", .trailingContent, 3),
        .init([0xFE, 0xFF, 0x00, 0x31], .expectedValue, 0),
        .init([0x31, 0x00], .trailingContent, 1),
    ]

    static let words: [Malformed] = [
        .init("True", .expectedValue, 0),
        .init("TRUE", .expectedValue, 0),
        .init("tru", .unexpectedEnd, 3),
        .init("nul]", .expectedValue, 0),
        .init("[nil]", .expectedValue, 1),
        .init("NaN", .expectedValue, 0),
        .init("nan", .expectedValue, 0),
        .init("Infinity", .expectedValue, 0),
        .init("-Infinity", .invalidNumber, 1),
        .init("undefined", .expectedValue, 0),
        .init("'a'", .expectedValue, 0),
    ]

    static let numbers: [Malformed] = [
        .init("01", .leadingZero, 0),
        .init("-01", .leadingZero, 1),
        .init("00", .leadingZero, 0),
        .init("-", .unexpectedEnd, 1),
        .init("--1", .invalidNumber, 1),
        .init("+1", .expectedValue, 0),
        .init(".5", .expectedValue, 0),
        .init("-.5", .invalidNumber, 1),
        .init("1.", .unexpectedEnd, 2),
        .init("[1.]", .invalidNumber, 3),
        .init("1.e2", .invalidNumber, 2),
        .init("1e", .unexpectedEnd, 2),
        .init("1e+", .unexpectedEnd, 3),
        .init("[1e+]", .invalidNumber, 4),
        .init("1e+-2", .invalidNumber, 3),
        .init("1e1.5", .trailingContent, 3),
        .init("1.2.3", .trailingContent, 3),
        .init("0x1F", .trailingContent, 1),
        .init("1_000", .trailingContent, 1),
        .init("1 000", .trailingContent, 2),
        .init("1f", .trailingContent, 1),
        .init("[- 1]", .invalidNumber, 2),
        .init("\u{FF11}", .expectedValue, 0),
    ]

    static let strings: [Malformed] = [
        .init("\"", .unexpectedEnd, 1),
        .init("\"abc", .unexpectedEnd, 4),
        .init("\"abcdefghijklmnop", .unexpectedEnd, 17),
        .init(#""\"#, .unexpectedEnd, 2),
        .init(#""\""#, .unexpectedEnd, 3),
        .init(#""\x41""#, .invalidEscape, 1),
        .init(#""\a""#, .invalidEscape, 1),
        .init(#""\'""#, .invalidEscape, 1),
        .init(#""\U0041""#, .invalidEscape, 1),
        .init(#""\u12""#, .invalidEscape, 1),
        .init(#""\u12G4""#, .invalidEscape, 1),
        .init(#""\u+123""#, .invalidEscape, 1),
        .init(#""\u{41}""#, .invalidEscape, 1),
        .init(#""\u123"#, .unexpectedEnd, 6),
        .init(#""\ud800""#, .loneSurrogate, 1),
        .init(#""\udc00""#, .loneSurrogate, 1),
        .init(#""\ud800\n""#, .loneSurrogate, 1),
        .init(#""\ud800\ud800""#, .loneSurrogate, 1),
        .init(#""\ud800\u0041""#, .loneSurrogate, 1),
        .init(#""\udc00\ud800""#, .loneSurrogate, 1),
        .init(#""\ud83d\ude0""#, .invalidEscape, 7),
        .init(#""\ud83d\"#, .loneSurrogate, 1),
        .init(#""ok\ud83dx""#, .loneSurrogate, 3),
        .init("\"a\nb\"", .controlCharacter, 2),
        .init("\"a\tb\"", .controlCharacter, 2),
        .init("\"\0\"", .controlCharacter, 1),
        .init("\"abcdefgh\u{1F}\"", .controlCharacter, 9),
        .init("[\"a\\\n\"]", .invalidEscape, 3),
        .init("{\"a\rb\":1}", .controlCharacter, 3),
    ]

    static let encodings: [Malformed] = [
        .init([0x22, 0x80, 0x22], .invalidUTF8, 1),
        .init([0x22, 0xFF, 0x22], .invalidUTF8, 1),
        .init([0x22, 0x61, 0xC0, 0xAF, 0x22], .invalidUTF8, 2),
        .init([0x22, 0xC1, 0xBF, 0x22], .invalidUTF8, 1),
        .init([0x22, 0xC3, 0x22], .invalidUTF8, 1),
        .init([0x22, 0xE0, 0x80, 0xAF, 0x22], .invalidUTF8, 1),
        .init([0x22, 0xE2, 0x82, 0x22], .invalidUTF8, 1),
        .init([0x22, 0xED, 0xA0, 0x80, 0x22], .invalidUTF8, 1),
        .init([0x22, 0xED, 0xBF, 0xBF, 0x22], .invalidUTF8, 1),
        .init([0x22, 0xF0, 0x80, 0x80, 0xAF, 0x22], .invalidUTF8, 1),
        .init([0x22, 0xF4, 0x90, 0x80, 0x80, 0x22], .invalidUTF8, 1),
        .init([0x22, 0xF5, 0x80, 0x80, 0x80, 0x22], .invalidUTF8, 1),
        .init([0x22, 0xC3, 0xA9, 0x80, 0x22], .invalidUTF8, 3),
        // An escape must not complete a sequence that began before it.
        .init([0x22, 0xC3] + Array(#"\u00e9"#.utf8) + [0x22], .invalidUTF8, 1),
        .init(Array(#"{"a":1,""#.utf8) + [0xFF] + Array(#"":2}"#.utf8), .invalidUTF8, 8),
        .init([0xFF], .expectedValue, 0),
    ]

    static let duplicates: [Malformed] = [
        .init(#"{"a":1,"a":1}"#, .duplicateKey("a"), 7),
        .init(#"{"":1,"":2}"#, .duplicateKey(""), 6),
        .init(#"{"a":1,"\u0061":2}"#, .duplicateKey("a"), 7),
        .init(#"{"\/":1,"/":2}"#, .duplicateKey("/"), 8),
        .init(#"{"é":1,"\u00e9":2}"#, .duplicateKey("é"), 8),
        .init(#"{"\uD83D\uDE00":1,"😀":2}"#, .duplicateKey("😀"), 18),
        .init(#"[{"b":{"a":1,"c":2,"a":3}}]"#, .duplicateKey("a"), 19),
        .init(#"{"a\n":1,"a\u000a":2}"#, .duplicateKey(#"a\u{a}"#), 9),
    ]

    @Test(arguments: structure + words + numbers + strings + encodings + duplicates)
    func `a malformed text is refused with its reason and place`(_ malformed: Malformed) {
        #expect(throws: JSONError(malformed.reason, offset: malformed.offset)) { try JSONValue(parsing: malformed.bytes) }
    }

    @Test func `every text cut short is refused`() throws {
        let whole = Array(#"{"a":[1.5e+3,true,false,null,"x\u00e9\ud83d\ude00é"],"b":{"c":-0}}"#.utf8)
        _ = try JSONValue(parsing: whole)
        for length in 0..<whole.count {
            #expect(throws: JSONError.self, "cut at \(length)") { try JSONValue(parsing: whole.prefix(length)) }
        }
    }

    @Test(
        arguments: [
            (0x00, .controlCharacter), (0x0A, .controlCharacter), (0x1F, .controlCharacter), (0x80, .invalidUTF8), (0xFF, .invalidUTF8),
            (0x5C, .invalidEscape), (0x22, .trailingContent),
        ] as [(UInt8, JSONError.Reason)])
    func `a bad byte is found at every place of a long string`(_ byte: UInt8, _ reason: JSONError.Reason) {
        for place in 1...40 {
            var bytes = Array(("\"" + String(repeating: "x", count: 41) + "\"").utf8)
            bytes[place] = byte
            #expect(throws: JSONError(reason, offset: byte == 0x22 ? place + 1 : place)) { try JSONValue(parsing: bytes) }
        }
    }

    @Test(arguments: [1, 11, 12, 13, 40]) func `a duplicate is found behind any number of members`(_ count: Int) {
        let members = (0..<count).map { #""k\#($0)":0"# }.joined(separator: ",")
        #expect(throws: Never.self) { try JSONValue(parsing: "{\(members)}") }
        for place in [0, count / 2, count - 1] {
            let error = #expect(throws: JSONError.self) { try JSONValue(parsing: #"{\#(members),"\u006b\#(place)":0}"#) }
            #expect(error?.reason == .duplicateKey("k\(place)"))
            #expect(error?.offset == members.utf8.count + 2)
        }
    }
}
