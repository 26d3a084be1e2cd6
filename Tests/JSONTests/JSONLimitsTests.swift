import JSON
import Testing

@Suite struct JSONLimitsTests {
    @Test func `the byte limit counts white space and holds to the byte`() throws {
        #expect(try JSONValue(parsing: " [1] ", limits: JSONLimits(maxBytes: 5)) == [1])
        #expect(throws: JSONError(.tooLarge(limit: 4), offset: 4)) { try JSONValue(parsing: " [1] ", limits: JSONLimits(maxBytes: 4)) }
    }

    @Test func `an endless sequence is read no further than one byte past the limit`() {
        var drawn = 0
        let endless = sequence(state: ()) { _ -> UInt8? in
            drawn += 1
            return 0x20
        }
        #expect(throws: JSONError(.tooLarge(limit: 100), offset: 100)) {
            try JSONValue(parsing: endless, limits: JSONLimits(maxBytes: 100))
        }
        #expect(drawn <= 102)
    }

    @Test(arguments: [("[", "]"), (#"{"a":"#, "}")]) func `the depth limit holds to the level`(_ open: String, _ close: String) throws {
        func nested(_ depth: Int) -> String {
            String(repeating: open, count: depth) + "0" + String(repeating: close, count: depth)
        }
        for limit in [1, 2, 32, 512] {
            let limits = JSONLimits(maxDepth: limit)
            #expect(throws: Never.self) { try JSONValue(parsing: nested(limit), limits: limits) }
            #expect(throws: JSONError(.tooDeep(limit: limit), offset: limit * open.utf8.count)) {
                try JSONValue(parsing: nested(limit + 1), limits: limits)
            }
        }
        #expect(throws: JSONError(.tooDeep(limit: 0), offset: 0)) { try JSONValue(parsing: "[]", limits: JSONLimits(maxDepth: 0)) }
        #expect(try JSONValue(parsing: "1", limits: JSONLimits(maxDepth: 0)) == 1)
    }

    @Test func `siblings do not add to the depth`() throws {
        let text = "[" + Array(repeating: #"[{"a":[]}]"#, count: 200).joined(separator: ",") + "]"
        #expect(try JSONValue(parsing: text, limits: JSONLimits(maxDepth: 4)).array?.count == 200)
    }

    @Test func `a hundred thousand open brackets are refused by depth whatever the limit asks for`() {
        let text = String(repeating: "[", count: 100_000)
        #expect(throws: JSONError(.tooDeep(limit: 32), offset: 32)) { try JSONValue(parsing: text) }
        #expect(throws: JSONError(.tooDeep(limit: 512), offset: 512)) {
            try JSONValue(parsing: text, limits: JSONLimits(maxDepth: .max))
        }
    }

    @Test func `the deepest value allowed can be encoded, compared and hashed`() throws {
        let text = String(repeating: #"{"a":["#, count: 256) + String(repeating: "]}", count: 256)
        let limits = JSONLimits(maxDepth: 512)
        let (one, other) = (try JSONValue(parsing: text, limits: limits), try JSONValue(parsing: text, limits: limits))
        #expect(one == other)
        #expect(one.hashValue == other.hashValue)
        #expect(one.text == text)
        #expect(try one.canonical() == Array(text.utf8))
        #expect(one.encoded(pretty: true).count > text.utf8.count)
    }

    @Test func `every value and every key counts`() throws {
        let text = #"{"a":[1,2],"b":{}}"#  // object, a, array, 1, 2, b, object
        #expect(throws: Never.self) { try JSONValue(parsing: text, limits: JSONLimits(maxNodes: 7)) }
        #expect(throws: JSONError(.tooManyValues(limit: 6), offset: 15)) { try JSONValue(parsing: text, limits: JSONLimits(maxNodes: 6)) }
        #expect(throws: JSONError(.tooManyValues(limit: 5), offset: 11)) { try JSONValue(parsing: text, limits: JSONLimits(maxNodes: 5)) }
        #expect(throws: JSONError(.tooManyValues(limit: 0), offset: 0)) { try JSONValue(parsing: "1", limits: JSONLimits(maxNodes: 0)) }
    }

    @Test func `the defaults are one mebibyte, 32 levels and 50000 values`() throws {
        #expect(JSONLimits.default == JSONLimits(maxBytes: 1_048_576, maxDepth: 32, maxNodes: 50_000))
        let full = "[" + Array(repeating: "0", count: 49_999).joined(separator: ",") + "]"
        #expect(try JSONValue(parsing: full).array?.count == 49_999)
        #expect(throws: JSONError.self) { try JSONValue(parsing: full.dropLast() + ",0]") }
        let string = "\"" + String(repeating: "x", count: 1_048_574) + "\""
        #expect(try JSONValue(parsing: string).string?.utf8.count == 1_048_574)
        #expect(throws: JSONError(.tooLarge(limit: 1_048_576), offset: 1_048_576)) { try JSONValue(parsing: string + " ") }
    }

    @Test func `limits out of range are drawn into it`() {
        let limits = JSONLimits(maxBytes: -1, maxDepth: -1, maxNodes: -1)
        #expect((limits.maxBytes, limits.maxDepth, limits.maxNodes) == (0, 0, 0))
        #expect(throws: JSONError(.unexpectedEnd, offset: 0)) {
            try JSONValue(parsing: AnySequence<UInt8>([]), limits: JSONLimits(maxBytes: .max))
        }
    }
}
