import JSON

extension FuzzTarget {
    static let json = [
        FuzzTarget(name: "json") { random in
            let value = FuzzTarget.value(&random, depth: 0)
            for pretty in [false, true] {
                let bytes = value.encoded(pretty: pretty)
                try expect(try JSONValue(parsing: bytes) == value, "a value does not come back: \(value.text)")
            }
            try expectCanonical(value)
            let bytes = random.mutated(value.encoded())
            let limits = JSONLimits(maxBytes: 4096, maxDepth: 8, maxNodes: 200)
            guard let parsed = try? JSONValue(parsing: bytes, limits: limits) else { return }  // refused is right
            try expect(bytes.count <= 4096, "\(bytes.count) bytes were read")
            try expect(depth(parsed) <= 8, "a depth of \(depth(parsed)) was read")
            try expect(try JSONValue(parsing: parsed.encoded()) == parsed, "what was read does not come back: \(parsed.text)")
            try expectCanonical(parsed)
        },
        FuzzTarget(name: "json-limits") { random in
            // Nested and long to either side of what is allowed.
            let (depth, width, blanks) = (random.below(12), random.below(8), random.below(8))
            let isObject = random.chance(2)
            var text = String(repeating: isObject ? "{\"a\":" : "[", count: depth)
            text += "[" + Array(repeating: "0", count: width).joined(separator: ",") + "]"
            text += String(repeating: isObject ? "}" : "]", count: depth) + String(repeating: " ", count: blanks)
            let nodes = (isObject ? 2 * depth : depth) + 1 + width
            let limits = JSONLimits(maxBytes: random.below(60), maxDepth: random.below(12), maxNodes: random.below(24))
            let fits = text.utf8.count <= limits.maxBytes && depth + 1 <= limits.maxDepth && nodes <= limits.maxNodes
            let isRead = (try? JSONValue(parsing: text, limits: limits)) != nil  // refused is an outcome
            try expect(isRead == fits, "\(text) was \(isRead ? "read" : "refused") within \(limits)")
        },
        FuzzTarget(name: "json-text") { random in
            // What begins like JSON and goes on as it likes.
            let pieces = [
                "{", "}", "[", "]", "\"", ":", ",", "1", "-", "0", "e", ".", "\\u", "d83d", "de00", "\\", "true", "nul", " ", "\"a\":", "\u{FEFF}",
            ]
            var text = ""
            for _ in 0..<random.below(24) { text += random.pick(pieces) }
            guard let parsed = try? JSONValue(parsing: text) else { return }  // refused is right
            try expect(try JSONValue(parsing: parsed.encoded()) == parsed, "what was read does not come back: \(text)")
        },
        FuzzTarget(name: "json-duplicates") { random in
            // The same key twice, the second time with some of its letters escaped.
            let letters = (0..<(1 + random.below(6))).map { _ in random.pick(Array("abcé漢")) }
            let escaped = letters.map { letter in
                random.chance(2)
                    ? String(letter)
                    : letter.utf16.map { unit in "\\u" + String(repeating: "0", count: 4 - String(unit, radix: 16).count) + String(unit, radix: 16) }
                        .joined()
            }.joined()
            let text = "{\"\(String(letters))\":1,\"z\":2,\"\(escaped)\":3}"
            guard (try? JSONValue(parsing: text)) != nil else { return }  // refused is right
            throw FuzzFinding("a key that stands twice was read: \(text)")
        },
        FuzzTarget(name: "json-number") { random in
            let text = number(&random)
            guard let read = JSONNumber(literal: text) else { return }
            try expect(read.literal == text, "\(text) was rewritten")
            guard let double = read.double, let canonical = JSONNumber(finite: double) else { return }
            try expect(canonical.double == double, "\(text) changes as a double: \(canonical)")
            if let whole = read.int64 { try expect(String(whole) == text, "\(text) has two spellings") }
        },
        FuzzTarget(name: "json-pointer") { random in
            let pointer = JSONPointer(tokens: (0..<random.below(5)).map { _ in random.text(12) })
            try expect(JSONPointer(pointer.description) == pointer, "\(pointer) does not come back")
            let text = String(decoding: random.mutated([UInt8](pointer.description.utf8)), as: UTF8.self)
            guard let read = JSONPointer(text) else { return }
            try expect(read.description.utf8.elementsEqual(text.utf8), "\(text) has two spellings: \(read)")
        },
    ]

    private static func expectCanonical(_ value: JSONValue) throws {
        guard let once = try? value.canonical() else { return }  // a number without a double has no canonical form
        let twice = try JSONValue(parsing: once).canonical()
        try expect(once == twice, "the canonical form is not its own: \(String(decoding: once, as: UTF8.self))")
    }

    private static func depth(_ value: JSONValue) -> Int {
        switch value {
        case .array(let elements): 1 + (elements.map(depth).max() ?? 0)
        case .object(let object): 1 + (object.members.map { depth($0.value) }.max() ?? 0)
        default: 0
        }
    }

    private static func number(_ random: inout FuzzRandom) -> String {
        var text = random.chance(3) ? "-" : ""
        text += random.pick(["0", "1", "9", "10", "00", "", "123456789012345678901234567890", "9223372036854775808"])
        if random.chance(2) { text += random.pick([".", ".0", ".5", ".000000000000000000001", ".e", "."]) }
        if random.chance(2) { text += random.pick(["e", "E"]) + random.pick(["", "+", "-"]) + String(random.below(random.chance(2) ? 400 : 10)) }
        return text
    }

    private static func value(_ random: inout FuzzRandom, depth: Int) -> JSONValue {
        switch random.below(depth > 5 ? 5 : 8) {
        case 0: return .null
        case 1: return .bool(random.chance(2))
        case 2: return JSONNumber(literal: number(&random)).map(JSONValue.number) ?? .integer(Int64(bitPattern: random.next()))
        case 3, 4: return .string(random.text())
        case 5: return .array((0..<random.below(5)).map { _ in value(&random, depth: depth + 1) })
        default:
            var object: JSONObject = [:]
            for _ in 0..<random.below(5) { object[random.text(8)] = value(&random, depth: depth + 1) }
            return .object(object)
        }
    }
}
