import JSON
import Testing

@Suite struct JSONNumberTests {
    @Test(
        arguments: [
            ("0", 0), ("7", 7), ("-7", -7), ("9223372036854775807", Int64.max), ("-9223372036854775808", Int64.min),
            ("9223372036854775808", nil), ("-9223372036854775809", nil), ("-0", nil), ("1.0", nil), ("1e2", nil), ("1E0", nil), ("0.5", nil),
        ] as [(String, Int64?)])
    func `only a plain integer that fits is an Int64`(_ literal: String, _ expected: Int64?) throws {
        #expect(try JSONValue(parsing: literal).int64 == expected)
    }

    @Test(
        arguments: [
            ("0", 0), ("18446744073709551615", UInt64.max), ("18446744073709551616", nil), ("-1", nil), ("-0", nil), ("1.0", nil), ("1e2", nil),
        ] as [(String, UInt64?)])
    func `only a plain integer without a sign that fits is a UInt64`(_ literal: String, _ expected: UInt64?) throws {
        #expect(try JSONValue(parsing: literal).number?.uint64 == expected)
    }

    @Test func `equality is by literal`() throws {
        #expect(JSONNumber(literal: "1") == 1)
        #expect(JSONNumber(literal: "1.0") != 1)
        #expect(JSONNumber(literal: "1e0") != JSONNumber(literal: "1E0"))
    }

    @Test(arguments: ["", " 1", "1 ", "01", "+1", ".1", "1.", "1e", "0x1", "NaN", "inf", "1,", "-", "١"])
    func `what is no JSON number makes none`(_ literal: String) {
        #expect(JSONNumber(literal: literal) == nil)
    }

    @Test func `integers of every width are written in full`() {
        #expect(JSONValue.integer(UInt64.max).text == "18446744073709551615")
        #expect(JSONValue.integer(Int8.min).text == "-128")
        #expect(JSONValue.integer(UInt128.max).text == "340282366920938463463374607431768211455")
    }

    @Test func `doubles are the nearest, and none when out of range`() {
        #expect(JSONNumber(literal: "0.1")?.double == 0.1)
        #expect(JSONNumber(literal: "1e308")?.double == 1e308)
        #expect(JSONNumber(literal: "1e309") != nil)
        #expect(JSONNumber(literal: "1e309")?.double == nil)
        #expect(JSONNumber(literal: "-1e309")?.double == nil)
        #expect(JSONNumber(literal: "1e-400")?.double == 0)
        #expect(JSONNumber(finite: 0.5) == JSONNumber(literal: "0.5"))
        #expect(JSONNumber(finite: .nan) == nil)
        #expect(JSONNumber(finite: -.infinity) == nil)
    }
}
