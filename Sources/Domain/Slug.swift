/// A product's name in addresses: 1 to 80 of `a-z`, `0-9` and single inner hyphens.
public struct Slug: Hashable, Sendable, CustomStringConvertible {
    public let text: String

    public init?(_ text: some StringProtocol) {
        let bytes = text.utf8
        guard (1...80).contains(bytes.count) else { return nil }
        var last: UInt8 = 0x2D
        for byte in bytes {
            let isHyphen = byte == 0x2D
            guard isHyphen ? last != 0x2D : (byte >= 0x61 && byte <= 0x7A) || (byte >= 0x30 && byte <= 0x39) else { return nil }
            last = byte
        }
        guard last != 0x2D else { return nil }
        self.text = String(text)
    }

    public var description: String { text }
}
