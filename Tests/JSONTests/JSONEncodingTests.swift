import JSON
import Testing

@Suite struct JSONEncodingTests {
    @Test func `compact text has members in order and no white space`() {
        let value: JSONValue = ["b": [1, nil, true, false], "a": ["x": "y"], "e": [[], [:]]]
        #expect(value.text == #"{"b":[1,null,true,false],"a":{"x":"y"},"e":[[],{}]}"#)
        #expect("\(value)" == value.text)
        var bytes = Array("data: ".utf8)
        value.append(to: &bytes)
        #expect(bytes == Array("data: \(value.text)".utf8))
    }

    @Test func `pretty text has an indent of two spaces`() {
        let value: JSONValue = ["a": [1, ["b": nil]], "c": [], "d": [:]]
        #expect(
            String(decoding: value.encoded(pretty: true), as: UTF8.self) == """
                {
                  "a": [
                    1,
                    {
                      "b": null
                    }
                  ],
                  "c": [],
                  "d": {}
                }
                """)
    }

    @Test func `only what must be escaped is escaped`() {
        let text = "\"\\/\u{8}\u{C}\n\r\t\u{0}\u{1}\u{1F}\u{7F}é€😀\u{2028}<&>'"
        #expect(JSONValue.string(text).text == #""\"\\/\b\f\n\r\t\u0000\u0001\u001f"# + "\u{7F}é€😀\u{2028}<&>'\"")
    }

    @Test func `every code unit below 128 survives, as value and as key`() throws {
        for code in UInt8(0)..<128 {
            let text = "ab\(Character(Unicode.Scalar(code)))cdefghijkl"
            let value: JSONValue = [text: .string(text)]
            #expect(try JSONValue(parsing: value.encoded()) == value)
        }
    }

    @Test func `a quoted string can be appended by hand`() {
        var bytes = Array("x".utf8)
        JSONText.appendQuoted("a\"b", to: &bytes)
        JSONText.appendQuoted("", to: &bytes)
        JSONText.appendQuoted("\n\n", to: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == #"x"a\"b""""\n\n""#)
    }
}
