import JSON
import Testing

/// SplitMix64: small, seeded, the same on every machine.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func value(depth: Int) -> JSONValue {
        switch Int.random(in: 0..<(depth == 0 ? 5 : 8), using: &self) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &self))
        case 2: return .integer(Int64(bitPattern: next()) >> Int64.random(in: 0..<64, using: &self))
        case 3: return JSONNumber(finite: Double(bitPattern: next())).map(JSONValue.number) ?? .null
        case 4: return .string(text())
        case 5: return .array((0..<Int.random(in: 0..<6, using: &self)).map { _ in value(depth: depth - 1) })
        default: return .object(JSONObject((0..<Int.random(in: 0..<20, using: &self)).map { _ in (text(), value(depth: depth - 1)) }))
        }
    }

    mutating func text() -> String {
        let ranges: [ClosedRange<UInt32>] = [
            0x20...0x7E, 0x20...0x7E, 0x00...0x7F, 0x80...0x7FF, 0x800...0xD7FF, 0xE000...0xFFFF, 0x10000...0x10FFFF,
        ]
        var text = ""
        for _ in 0..<Int.random(in: 0..<24, using: &self) {
            let range = ranges[Int.random(in: 0..<ranges.count, using: &self)]
            if let scalar = Unicode.Scalar(UInt32.random(in: range, using: &self)) { text.unicodeScalars.append(scalar) }
        }
        return text
    }

    /// The same string with as many escapes as chance wants.
    mutating func escaped(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            let must = scalar.value < 0x20 || scalar == "\"" || scalar == "\\"
            guard must || Bool.random(using: &self) else {
                quoted.unicodeScalars.append(scalar)
                continue
            }
            for unit in String(scalar).utf16 {
                let digits = String(unit, radix: 16, uppercase: Bool.random(using: &self))
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }
        }
        return quoted + "\""
    }
}

@Suite struct JSONRoundTripTests {
    @Test(arguments: 0..<20 as Range<UInt64>) func `random values survive every form`(_ seed: UInt64) throws {
        var generator = SeededGenerator(state: seed)
        for _ in 0..<20 {
            let value = generator.value(depth: 4)
            let bytes = value.encoded()
            let parsed = try JSONValue(parsing: bytes)
            #expect(parsed == value)
            #expect(parsed.hashValue == value.hashValue)
            #expect(parsed.encoded() == bytes)
            #expect(try JSONValue(parsing: value.encoded(pretty: true)).encoded() == bytes)
            let canonical = try value.canonical()
            #expect(try JSONValue(parsing: canonical).canonical() == canonical)
        }
    }

    @Test(arguments: 0..<10 as Range<UInt64>) func `random strings read alike however they are escaped`(_ seed: UInt64) throws {
        var generator = SeededGenerator(state: seed)
        for _ in 0..<100 {
            let text = generator.text()
            #expect(try JSONValue(parsing: generator.escaped(text)) == .string(text))
        }
    }

    @Test(arguments: 0..<10 as Range<UInt64>) func `a text with a random byte changed never crashes and never yields what it would not write`(
        _ seed: UInt64
    ) throws {
        var generator = SeededGenerator(state: seed)
        let bytes = generator.value(depth: 4).encoded()
        for _ in 0..<500 {
            var damaged = bytes
            damaged[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            guard let value = try? JSONValue(parsing: damaged) else { continue }
            #expect(try JSONValue(parsing: value.encoded()) == value)
        }
    }

    @Test(arguments: 0..<10 as Range<UInt64>) func `random doubles read back from their ECMAScript form`(_ seed: UInt64) throws {
        var generator = SeededGenerator(state: seed)
        for _ in 0..<500 {
            let value = Double(bitPattern: generator.next())
            guard value.isFinite else { continue }
            #expect(try #require(JSONNumber(finite: value)).double == value)
        }
    }
}
