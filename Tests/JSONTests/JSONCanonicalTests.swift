import JSON
import Testing

/// Fixtures are the examples of RFC 8785.
@Suite struct JSONCanonicalTests {
    private func canonical(_ text: String) throws -> String {
        String(decoding: try JSONValue(parsing: text).canonical(), as: UTF8.self)
    }

    @Test func `the example of section 3.2.2 has the bytes of section 3.2.4`() throws {
        let source = #"""
            {
              "numbers": [333333333.33333329, 1E30, 4.50,
                          2e-3, 0.000000000000000000000000001],
              "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
              "literals": [null, true, false]
            }
            """#
        let expected: [UInt8] = [
            0x7B, 0x22, 0x6C, 0x69, 0x74, 0x65, 0x72, 0x61, 0x6C, 0x73, 0x22, 0x3A, 0x5B, 0x6E, 0x75, 0x6C, 0x6C, 0x2C, 0x74, 0x72,
            0x75, 0x65, 0x2C, 0x66, 0x61, 0x6C, 0x73, 0x65, 0x5D, 0x2C, 0x22, 0x6E, 0x75, 0x6D, 0x62, 0x65, 0x72, 0x73, 0x22, 0x3A,
            0x5B, 0x33, 0x33, 0x33, 0x33, 0x33, 0x33, 0x33, 0x33, 0x33, 0x2E, 0x33, 0x33, 0x33, 0x33, 0x33, 0x33, 0x33, 0x2C, 0x31,
            0x65, 0x2B, 0x33, 0x30, 0x2C, 0x34, 0x2E, 0x35, 0x2C, 0x30, 0x2E, 0x30, 0x30, 0x32, 0x2C, 0x31, 0x65, 0x2D, 0x32, 0x37,
            0x5D, 0x2C, 0x22, 0x73, 0x74, 0x72, 0x69, 0x6E, 0x67, 0x22, 0x3A, 0x22, 0xE2, 0x82, 0xAC, 0x24, 0x5C, 0x75, 0x30, 0x30,
            0x30, 0x66, 0x5C, 0x6E, 0x41, 0x27, 0x42, 0x5C, 0x22, 0x5C, 0x5C, 0x5C, 0x5C, 0x5C, 0x22, 0x2F, 0x22, 0x7D,
        ]
        #expect(try JSONValue(parsing: source).canonical() == expected)
    }

    @Test func `keys are in the order of section 3.2.3`() throws {
        let source = #"""
            {
              "\u20ac": "Euro Sign",
              "\r": "Carriage Return",
              "\ufb33": "Hebrew Letter Dalet With Dagesh",
              "1": "One",
              "\ud83d\ude00": "Emoji: Grinning Face",
              "\u0080": "Control",
              "\u00f6": "Latin Small Letter O With Diaeresis"
            }
            """#
        let object = try #require(try JSONValue(parsing: JSONValue(parsing: source).canonical()).object)
        #expect(
            object.members.map(\.value) == [
                "Carriage Return", "One", "Control", "Latin Small Letter O With Diaeresis", "Euro Sign", "Emoji: Grinning Face",
                "Hebrew Letter Dalet With Dagesh",
            ])
    }

    @Test(
        arguments: [
            (0x0000_0000_0000_0000, "0"), (0x8000_0000_0000_0000, "0"), (0x0000_0000_0000_0001, "5e-324"), (0x8000_0000_0000_0001, "-5e-324"),
            (0x7FEF_FFFF_FFFF_FFFF, "1.7976931348623157e+308"), (0xFFEF_FFFF_FFFF_FFFF, "-1.7976931348623157e+308"),
            (0x4340_0000_0000_0000, "9007199254740992"), (0xC340_0000_0000_0000, "-9007199254740992"),
            (0x4430_0000_0000_0000, "295147905179352830000"), (0x44B5_2D02_C7E1_4AF5, "9.999999999999997e+22"),
            (0x44B5_2D02_C7E1_4AF6, "1e+23"), (0x44B5_2D02_C7E1_4AF7, "1.0000000000000001e+23"),
            (0x444B_1AE4_D6E2_EF4E, "999999999999999700000"), (0x444B_1AE4_D6E2_EF4F, "999999999999999900000"),
            (0x444B_1AE4_D6E2_EF50, "1e+21"), (0x3EB0_C6F7_A0B5_ED8C, "9.999999999999997e-7"), (0x3EB0_C6F7_A0B5_ED8D, "0.000001"),
            (0x41B3_DE43_5555_5553, "333333333.3333332"), (0x41B3_DE43_5555_5554, "333333333.33333325"),
            (0x41B3_DE43_5555_5555, "333333333.3333333"), (0x41B3_DE43_5555_5556, "333333333.3333334"),
            (0x41B3_DE43_5555_5557, "333333333.33333343"), (0xBECB_F647_612F_3696, "-0.0000033333333333333333"),
            (0x4314_3FF3_C1CB_0959, "1424953923781206.2"),
        ] as [(UInt64, String)])
    func `doubles are written as in appendix B`(_ bits: UInt64, _ expected: String) {
        #expect(JSONNumber(finite: Double(bitPattern: bits))?.literal == expected)
    }

    @Test(arguments: [
        ("1.0", "1"), ("-0", "0"), ("-0.0", "0"), ("1e2", "100"), ("100", "100"), ("1E+20", "100000000000000000000"), ("1e21", "1e+21"),
        ("0.1", "0.1"), ("1e-6", "0.000001"), ("1.5e-7", "1.5e-7"), ("-12.50", "-12.5"), ("9007199254740993", "9007199254740992"),
        ("1e-400", "0"), ("123456789", "123456789"), ("120e-1", "12"), ("12345.678", "12345.678"),
    ])
    func `numbers are written as ECMAScript writes them`(_ literal: String, _ expected: String) throws {
        #expect(try canonical(literal) == expected)
    }

    @Test func `a number without a finite double is refused`() throws {
        let value = try JSONValue(parsing: #"{"a":[1,1e309]}"#)
        #expect(throws: JSONError(.numberOutOfRange("1e309"), offset: nil)) { try value.canonical() }
        let error = #expect(throws: JSONError.self) { try JSONValue(parsing: "-1e400").canonical() }
        #expect(error?.description == "The number -1e400 is too large for a double.")
        #expect(throws: JSONError.self) { try JSONValue(parsing: String(repeating: "9", count: 400)).canonical() }
    }

    @Test func `order and spelling of the source leave no trace`() throws {
        let one = try canonical(#"{"b":[1.0,"\u0041"],"a":{"y":1,"x":2}}"#)
        #expect(one == #"{"a":{"x":2,"y":1},"b":[1,"A"]}"#)
        #expect(try canonical(#" {"a":{"x":2e0,"y":1},"b":[1,"A"]}"#) == one)
    }
}
