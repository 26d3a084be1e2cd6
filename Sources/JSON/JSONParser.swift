/// One pass over the bytes of one JSON text (RFC 8259), by recursive descent; the depth limit bounds the stack.
struct JSONParser {
    let bytes: UnsafeBufferPointer<UInt8>
    let limits: JSONLimits
    var position = 0
    private var depth = 0
    private var nodes = 0

    init(_ bytes: UnsafeBufferPointer<UInt8>, limits: JSONLimits) {
        self.bytes = bytes
        self.limits = limits
    }

    /// The one value of the text.
    mutating func parse() throws(JSONError) -> JSONValue {
        guard bytes.count <= limits.maxBytes else { throw JSONError(.tooLarge(limit: limits.maxBytes), offset: limits.maxBytes) }
        if bytes.count >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF { throw JSONError(.byteOrderMark, offset: 0) }
        skipSpace()
        let value = try parseValue()
        skipSpace()
        guard position == bytes.count else { throw fault(.trailingContent) }
        return value
    }

    private mutating func parseValue() throws(JSONError) -> JSONValue {
        try countNode()
        guard position < bytes.count else { throw fault(.unexpectedEnd) }
        switch bytes[position] {
        case UInt8(ascii: "\""):
            return .string(try parseString())
        case UInt8(ascii: "{"):
            return try parseObject()
        case UInt8(ascii: "["):
            return try parseArray()
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            return .number(try parseNumber())
        case UInt8(ascii: "t"):
            try expect("true")
            return .bool(true)
        case UInt8(ascii: "f"):
            try expect("false")
            return .bool(false)
        case UInt8(ascii: "n"):
            try expect("null")
            return .null
        default:
            throw fault(.expectedValue)
        }
    }

    private mutating func parseArray() throws(JSONError) -> JSONValue {
        try enter()
        var elements: [JSONValue] = []
        if peek() == UInt8(ascii: "]") {
            leave()
            return .array(elements)
        }
        while true {
            elements.append(try parseValue())
            skipSpace()
            switch peek() {
            case UInt8(ascii: ","):
                position += 1
                skipSpace()
                if peek() == UInt8(ascii: "]") { throw fault(.trailingComma) }
            case UInt8(ascii: "]"):
                leave()
                return .array(elements)
            default:
                throw fault(.expectedCommaOrBracket)
            }
        }
    }

    private mutating func parseObject() throws(JSONError) -> JSONValue {
        try enter()
        if peek() == UInt8(ascii: "}") {
            leave()
            return .object(JSONObject())
        }
        var members: [JSONObject.Member] = []
        members.reserveCapacity(4)
        var seen: Set<JSONKey> = []
        while true {
            guard peek() == UInt8(ascii: "\"") else { throw fault(.expectedKey) }
            let place = position
            try countNode()
            let key = try parseString()
            try refuseDuplicate(key, at: place, among: members, seen: &seen)
            skipSpace()
            guard peek() == UInt8(ascii: ":") else { throw fault(.expectedColon) }
            position += 1
            skipSpace()
            members.append(JSONObject.Member(key: key, value: try parseValue()))
            skipSpace()
            switch peek() {
            case UInt8(ascii: ","):
                position += 1
                skipSpace()
                if peek() == UInt8(ascii: "}") { throw fault(.trailingComma) }
            case UInt8(ascii: "}"):
                leave()
                return .object(JSONObject(unique: members))
            default:
                throw fault(.expectedCommaOrBrace)
            }
        }
    }

    /// Compares with every member while there are few, with a hash table from then on.
    @inline(__always)
    private func refuseDuplicate(
        _ key: String, at place: Int, among members: [JSONObject.Member], seen: inout Set<JSONKey>
    ) throws(JSONError) {
        var duplicate = false
        if members.count < JSONObject.scanned {
            for index in members.indices where JSONKey.same(members[index].key, key) { duplicate = true }
        } else {
            if seen.isEmpty { for member in members { seen.insert(JSONKey(member.key)) } }
            duplicate = !seen.insert(JSONKey(key)).inserted
        }
        if duplicate { throw JSONError(.duplicateKey(JSONText.excerpt(key)), offset: place) }
    }

    private mutating func parseNumber() throws(JSONError) -> JSONNumber {
        switch JSONNumberGrammar.scan(bytes, from: position) {
        case .number(let length):
            let literal = String(decoding: UnsafeBufferPointer(rebasing: bytes[position..<position + length]), as: UTF8.self)
            position += length
            return JSONNumber(unchecked: literal)
        case .refused(let reason, let offset):
            throw JSONError(reason, offset: offset)
        }
    }

    private mutating func expect(_ word: StaticString) throws(JSONError) {
        for index in 0..<word.utf8CodeUnitCount {
            guard position + index < bytes.count else { throw JSONError(.unexpectedEnd, offset: bytes.count) }
            guard bytes[position + index] == word.utf8Start[index] else { throw fault(.expectedValue) }
        }
        position += word.utf8CodeUnitCount
    }

    /// Steps into an array or object, up to what follows its opening bracket.
    private mutating func enter() throws(JSONError) {
        guard depth < limits.maxDepth else { throw fault(.tooDeep(limit: limits.maxDepth)) }
        depth += 1
        position += 1
        skipSpace()
    }

    private mutating func leave() {
        depth -= 1
        position += 1
    }

    @inline(__always)
    private mutating func countNode() throws(JSONError) {
        guard nodes < limits.maxNodes else { throw fault(.tooManyValues(limit: limits.maxNodes)) }
        nodes += 1
    }

    /// The byte here; 0, which is no JSON outside of strings, at the end.
    @inline(__always)
    private func peek() -> UInt8 { position < bytes.count ? bytes[position] : 0 }

    @inline(__always)
    private mutating func skipSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x0A, 0x0D, 0x09: position += 1
            default: return
            }
        }
    }

    /// A fault at this byte; at the end of the text every missing thing is an early end, and a slash begins a comment.
    private func fault(_ reason: JSONError.Reason) -> JSONError {
        switch reason {
        case .expectedValue, .expectedKey, .expectedColon, .expectedCommaOrBrace, .expectedCommaOrBracket, .trailingContent:
            if position >= bytes.count { return JSONError(.unexpectedEnd, offset: bytes.count) }
            let next = position + 1 < bytes.count ? bytes[position + 1] : 0
            if bytes[position] == UInt8(ascii: "/"), next == UInt8(ascii: "/") || next == UInt8(ascii: "*") {
                return JSONError(.comment, offset: position)
            }
            return JSONError(reason, offset: position)
        default:
            return JSONError(reason, offset: position)
        }
    }
}
