/// Encoding and decoding of ``RLPItem``.
public enum RLP {
    /// How deeply lists may nest in what we decode.
    public static let maximumDepth = 16

    public static func encode(_ item: RLPItem) -> [UInt8] {
        var output: [UInt8] = []
        append(item, to: &output)
        return output
    }

    /// One item that fills the bytes exactly, in its canonical form only: so that encoding the result gives the same bytes.
    public static func decode(_ bytes: [UInt8]) throws(RLPError) -> RLPItem {
        var rest = bytes[...]
        let item = try take(from: &rest, depth: 0)
        guard rest.isEmpty else { throw .trailingBytes }
        return item
    }

    private static func append(_ item: RLPItem, to output: inout [UInt8]) {
        switch item {
        case .bytes(let bytes):
            if bytes.count != 1 || bytes[0] >= 0x80 { appendPrefix(0x80, count: bytes.count, to: &output) }
            output += bytes
        case .list(let items):
            var content: [UInt8] = []
            for item in items { append(item, to: &content) }
            appendPrefix(0xc0, count: content.count, to: &output)
            output += content
        }
    }

    private static func appendPrefix(_ base: UInt8, count: Int, to output: inout [UInt8]) {
        if count <= 55 {
            output.append(base + UInt8(count))
        } else {
            let length = withUnsafeBytes(of: count.bigEndian) { [UInt8]($0.drop { $0 == 0 }) }
            output.append(base + 55 + UInt8(length.count))
            output += length
        }
    }

    private static func take(from rest: inout ArraySlice<UInt8>, depth: Int) throws(RLPError) -> RLPItem {
        guard let prefix = rest.popFirst() else { throw .truncated }
        switch prefix {
        case ..<0x80: return .bytes([prefix])
        case ..<0xc0:
            let content = try takeContent(prefix - 0x80, from: &rest)
            guard content.count != 1 || content.first! >= 0x80 else { throw .notCanonical }
            return .bytes([UInt8](content))
        default:
            guard depth < maximumDepth else { throw .tooDeep }
            var content = try takeContent(prefix - 0xc0, from: &rest)
            var items: [RLPItem] = []
            while !content.isEmpty { items.append(try take(from: &content, depth: depth + 1)) }
            return .list(items)
        }
    }

    /// `code` is the prefix without its base: up to 55 the length itself, above that how many bytes of length follow.
    private static func takeContent(_ code: UInt8, from rest: inout ArraySlice<UInt8>) throws(RLPError) -> ArraySlice<UInt8> {
        var count = Int(code)
        if code > 55 {
            let lengthBytes = try takeBytes(Int(code) - 55, from: &rest)
            // Five bytes of length would be a terabyte: no input is that long.
            guard lengthBytes.first != 0, lengthBytes.count <= 5 else { throw lengthBytes.first == 0 ? .notCanonical : .truncated }
            count = lengthBytes.reduce(0) { $0 << 8 | Int($1) }
            guard count > 55 else { throw .notCanonical }
        }
        return try takeBytes(count, from: &rest)
    }

    private static func takeBytes(_ count: Int, from rest: inout ArraySlice<UInt8>) throws(RLPError) -> ArraySlice<UInt8> {
        guard count <= rest.count else { throw .truncated }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }
}
