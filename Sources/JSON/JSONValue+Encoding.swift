extension JSONValue: CustomStringConvertible {
    /// The compact JSON text: members in their order, numbers as they were written, nothing escaped that need not be.
    public var text: String { String(decoding: encoded(), as: UTF8.self) }

    /// The same as ``text``.
    public var description: String { text }

    /// The JSON text as bytes of UTF-8; pretty with an indent of two spaces and no line break at the end.
    public func encoded(pretty: Bool = false) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(256)
        if pretty { appendPretty(to: &bytes, level: 0) } else { append(to: &bytes) }
        return bytes
    }

    /// Appends the compact JSON text.
    public func append(to bytes: inout [UInt8]) {
        switch self {
        case .array(let elements):
            bytes.append(UInt8(ascii: "["))
            var first = true
            for element in elements {
                if !first { bytes.append(UInt8(ascii: ",")) }
                first = false
                element.append(to: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let object):
            bytes.append(UInt8(ascii: "{"))
            var first = true
            for member in object.members {
                if !first { bytes.append(UInt8(ascii: ",")) }
                first = false
                JSONText.appendQuoted(member.key, to: &bytes)
                bytes.append(UInt8(ascii: ":"))
                member.value.append(to: &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        case .null, .bool, .number, .string:
            appendScalar(to: &bytes)
        }
    }

    private func appendScalar(to bytes: inout [UInt8]) {
        switch self {
        case .null: bytes.append(contentsOf: "null".utf8)
        case .bool(let value): bytes.append(contentsOf: (value ? "true" : "false").utf8)
        case .number(let value): bytes.append(contentsOf: value.literal.utf8)
        case .string(let value): JSONText.appendQuoted(value, to: &bytes)
        case .array, .object: break
        }
    }

    private func appendPretty(to bytes: inout [UInt8], level: Int) {
        func breakLine(_ level: Int) {
            bytes.append(UInt8(ascii: "\n"))
            bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: level * 2))
        }
        switch self {
        case .array(let elements) where !elements.isEmpty:
            bytes.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                breakLine(level + 1)
                element.appendPretty(to: &bytes, level: level + 1)
            }
            breakLine(level)
            bytes.append(UInt8(ascii: "]"))
        case .object(let object) where !object.isEmpty:
            bytes.append(UInt8(ascii: "{"))
            for (index, member) in object.members.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                breakLine(level + 1)
                JSONText.appendQuoted(member.key, to: &bytes)
                bytes.append(contentsOf: ": ".utf8)
                member.value.appendPretty(to: &bytes, level: level + 1)
            }
            breakLine(level)
            bytes.append(UInt8(ascii: "}"))
        default:
            append(to: &bytes)
        }
    }
}
