/// Something for sale.
public struct Product: Hashable, Sendable {
    public enum Kind: String, CaseIterable, Sendable { case file, article, api }
    /// Only a published product is offered; an archived one is still given to those who bought it.
    public enum State: String, CaseIterable, Sendable { case draft, published, archived }

    public let id: Int64
    public var slug: Slug
    public var title: String
    public var summary: String
    public let kind: Kind
    public var price: Money
    public var tags: [String]
    /// Sells every time, also to a wallet that has bought it before.
    public var repeatable: Bool
    public var state: State
    /// What is sold today. An order pins the digest that was sold.
    public var content: Content
    /// Set for an API and for nothing else.
    public var api: PaidAPI?
    public let createdAt: Timestamp
    public var updatedAt: Timestamp
    /// Counts edits from 1; a cached copy with another revision is stale.
    public var revision: Int64

    public init(
        id: Int64, slug: Slug, title: String, summary: String, kind: Kind, price: Money, tags: [String], repeatable: Bool, state: State,
        content: Content, api: PaidAPI? = nil, createdAt: Timestamp, updatedAt: Timestamp, revision: Int64
    ) {
        self.id = id
        self.slug = slug
        self.title = title
        self.summary = summary
        self.kind = kind
        self.price = price
        self.tags = tags
        self.repeatable = repeatable
        self.state = state
        self.content = content
        self.api = api
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.revision = revision
    }
}

/// Bytes that can be sold, known by what they are and not by where they lie.
public struct Content: Hashable, Sendable {
    /// SHA-256 of the bytes.
    public let digest: ContentDigest
    public let length: Int64
    public let mediaType: String
    /// The name under which a buyer saves it.
    public let fileName: String

    public init(digest: ContentDigest, length: Int64, mediaType: String, fileName: String) {
        self.digest = digest
        self.length = length
        self.mediaType = mediaType
        self.fileName = fileName
    }
}

extension Content {
    /// What an API has of bytes of its own: none (the SHA-256 of nothing). What a call bought is told by its payment.
    public static let none: Content = {
        guard let digest = ContentDigest(hex: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855") else {
            preconditionFailure("the digest of nothing has 32 bytes")
        }
        return Content(digest: digest, length: 0, mediaType: "application/octet-stream", fileName: "")
    }()
}

/// SHA-256 of content, 32 bytes.
public struct ContentDigest: Hashable, Sendable, CustomStringConvertible {
    public let bytes: [UInt8]

    public init?(_ bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        self.bytes = bytes
    }

    /// Lowercase hexadecimal, 64 characters.
    public var description: String { lowercaseHex(bytes) }
}

/// Lowercase hexadecimal without a prefix.
public func lowercaseHex(_ bytes: [UInt8]) -> String {
    String(unsafeUninitializedCapacity: bytes.count * 2) { text in
        bytes.withUnsafeBufferPointer { bytes in
            for index in bytes.indices {
                text[2 * index] = hexDigit(bytes[index] >> 4)
                text[2 * index + 1] = hexDigit(bytes[index] & 15)
            }
            return 2 * bytes.count
        }
    }
}

private func hexDigit(_ nibble: UInt8) -> UInt8 { nibble < 10 ? 0x30 + nibble : 0x57 + nibble }

/// Reads lowercase or uppercase hexadecimal without a prefix; nil for anything else.
public func hexBytes(_ text: some StringProtocol) -> [UInt8]? {
    guard text.utf8.count % 2 == 0 else { return nil }
    func nibble(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x61...0x66: byte - 0x61 + 10
        case 0x41...0x46: byte - 0x41 + 10
        default: nil
        }
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.utf8.count / 2)
    var digits = text.utf8.makeIterator()
    while let high = digits.next(), let low = digits.next() {
        guard let high = nibble(high), let low = nibble(low) else { return nil }
        bytes.append(high << 4 | low)
    }
    return bytes
}

extension ContentDigest {
    /// Reads 64 hexadecimal digits of either case; nil for anything else.
    public init?(hex: String) {
        guard let bytes = hexBytes(hex) else { return nil }
        self.init(bytes)
    }
}
