/// 96 random bits that make a payment's public address unguessable.
public struct PaymentToken: Hashable, Sendable {
    public let bytes: [UInt8]

    public init?(_ bytes: [UInt8]) {
        guard bytes.count == 12 else { return nil }
        self.bytes = bytes
    }

    public static func random(using generator: inout some RandomNumberGenerator) -> PaymentToken {
        let words = (generator.next() as UInt64, generator.next() as UInt64)
        return PaymentToken(withUnsafeBytes(of: words) { [UInt8]($0.prefix(12)) })!
    }

    /// Compares without telling by its time where two tokens part.
    public func matches(_ other: PaymentToken) -> Bool {
        zip(bytes, other.bytes).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }
}

/// The lasting address of a payment and its receipt: `/r/{id}`. It finds the row by its number and proves itself by the token,
/// so that no random index is needed.
public struct ReceiptID: Hashable, Sendable, CustomStringConvertible {
    public let paymentID: Int64
    public let token: PaymentToken

    public init(paymentID: Int64, token: PaymentToken) {
        self.paymentID = paymentID
        self.token = token
    }

    /// Reads the one text form; nil for anything else.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].utf8.count <= 13, let id = Int64(parts[0], radix: 36), id > 0, parts[1].utf8.count == 24 else { return nil }
        var bytes: [UInt8] = []
        var digits = parts[1].utf8.makeIterator()
        while let high = digits.next(), let low = digits.next() {
            guard let high = Self.nibble(high), let low = Self.nibble(low) else { return nil }
            bytes.append(high << 4 | low)
        }
        guard let token = PaymentToken(bytes) else { return nil }
        self.init(paymentID: id, token: token)
        guard description == text else { return nil }
    }

    private static func nibble(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }

    public var description: String { "\(String(paymentID, radix: 36))-\(lowercaseHex(token.bytes))" }
}
