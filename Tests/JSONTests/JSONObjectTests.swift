import JSON
import Testing

@Suite struct JSONObjectTests {
    @Test func `setting keeps the place, appends what is new and removes with nil`() {
        var object: JSONObject = ["a": 1, "b": 2, "c": 3]
        object["b"] = "two"
        object["d"] = .null
        object["a"] = nil
        object["zz"] = nil
        #expect(object.keys == ["b", "c", "d"])
        #expect(JSONValue.object(object).text == #"{"b":"two","c":3,"d":null}"#)
    }

    @Test(arguments: [3, 12, 13, 100]) func `order does not matter to equality and hash, values do`(_ count: Int) {
        let members = (0..<count).map { ("key \($0)", JSONValue.integer($0)) }
        let object = JSONObject(members)
        let reversed = JSONObject(members.reversed())
        #expect(object == reversed)
        #expect(object.hashValue == reversed.hashValue)
        #expect(object.keys == reversed.keys.reversed())
        var changed = reversed
        changed["key 1"] = "other"
        #expect(object != changed)
        var renamed = reversed
        renamed["key 1"] = nil
        renamed["key x"] = 1
        #expect(object != renamed)
    }

    @Test(arguments: [2, 40]) func `of two members with one key the later value stays in the earlier place`(_ count: Int) {
        let object = JSONObject((0..<count).map { ("k\($0)", 0) } + [("k0", 9)])
        #expect(object.count == count)
        #expect(object.members.first?.value == 9)
    }

    @Test func `strings that only Unicode holds to be equal are different`() {
        #expect(JSONValue.string("\u{E9}") != JSONValue.string("e\u{301}"))
        #expect(JSONObject([("\u{E9}", 1)]) != JSONObject([("e\u{301}", 1)]))
        #expect(Set<JSONValue>(["\u{E9}", "e\u{301}", "\u{E9}"]).count == 2)
    }

    @Test func `values of different types are never equal`() {
        let values: [JSONValue] = [nil, false, true, 0, 1, "", "0", "null", [], [0], [:], ["0": 0], [nil]]
        #expect(Set(values).count == values.count)
    }

    @Test func `accessors give nothing of another type`() {
        let value: JSONValue = ["s": "text", "n": 5, "b": true, "a": [1], "o": [:], "z": nil]
        #expect(value["s"]?.string == "text")
        #expect(value["n"]?.int64 == 5)
        #expect(value["b"]?.bool == true)
        #expect(value["a"]?.array == [1])
        #expect(value["o"]?.object == JSONObject())
        #expect(value["z"]?.isNull == true)
        #expect(value["missing"] == nil)
        #expect(value["s"]?["x"] == nil)
        #expect(value["n"]?.string == nil)
        #expect(value["s"]?.int64 == nil)
        #expect(value["n"]?.bool == nil)
        #expect(value.array == nil)
    }

    @Test(.timeLimit(.minutes(1))) func `comparing deep values that differ at the bottom is not exponential`() throws {
        func nested(_ bottom: Int) throws -> JSONValue {
            let text = String(repeating: #"{"x":0,"a":"#, count: 200) + "\(bottom)" + String(repeating: "}", count: 200)
            return try JSONValue(parsing: text, limits: JSONLimits(maxDepth: 200))
        }
        #expect(try nested(1) != nested(2))
        #expect(try nested(1) == nested(1))
    }
}
