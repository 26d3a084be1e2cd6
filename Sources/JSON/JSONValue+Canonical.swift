extension JSONValue {
    /// The canonical form (RFC 8785, JCS) as bytes of UTF-8: keys in order of their UTF-16 code units, numbers as
    /// ECMAScript writes doubles, no white space.
    ///
    /// Numbers pass through a double, so `9007199254740993` comes out as `9007199254740992`: write amounts as strings.
    /// Refuses only a number with no finite double, with `numberOutOfRange` and no offset.
    public func canonical() throws(JSONError) -> [UInt8] {
        var bytes: [UInt8] = []
        try appendCanonical(to: &bytes)
        return bytes
    }

    private func appendCanonical(to bytes: inout [UInt8]) throws(JSONError) {
        switch self {
        case .null, .bool, .string:
            append(to: &bytes)
        case .number(let number):
            guard let value = number.double, let text = JSONNumber.ecmaScript(value) else {
                throw JSONError(.numberOutOfRange(JSONText.excerpt(number.literal)), offset: nil)
            }
            bytes.append(contentsOf: text.utf8)
        case .array(let elements):
            bytes.append(UInt8(ascii: "["))
            var first = true
            for element in elements {
                if !first { bytes.append(UInt8(ascii: ",")) }
                first = false
                try element.appendCanonical(to: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let object):
            bytes.append(UInt8(ascii: "{"))
            var first = true
            for member in object.members.sorted(by: { $0.key.utf16.lexicographicallyPrecedes($1.key.utf16) }) {
                if !first { bytes.append(UInt8(ascii: ",")) }
                first = false
                JSONText.appendQuoted(member.key, to: &bytes)
                bytes.append(UInt8(ascii: ":"))
                try member.value.appendCanonical(to: &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }
}
