/// A payer's own name for a payment (x402, extension payment-identifier): shown again, it means the same payment, whatever authorization comes along.
public struct PaymentIdentifier: Hashable, Sendable {
    public let text: String

    /// Nil unless the text has 16 to 128 letters, digits, hyphens and underscores ("`id` Format").
    public init?(_ text: String) {
        guard (16...128).contains(text.utf8.count),
            text.utf8.allSatisfy({ byte in
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                    UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            })
        else { return nil }
        self.text = text
    }
}

extension Authorization {
    /// What makes two payments the same but for nonce, window and signature: product, chain, asset, receiver, amount and payer; and of a call of
    /// an API what was asked. 93 bytes.
    public func fingerprint(productID: Int64, sandbox: Bool, call: ContentDigest? = nil) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(93)
        withUnsafeBytes(of: productID.bigEndian) { bytes += $0 }
        withUnsafeBytes(of: key.network.chainID.bigEndian) { bytes += $0 }
        bytes.append(sandbox ? 1 : 0)
        bytes += key.asset
        // 160 bits of a request's digest, folded into the receiver's.
        bytes += call.map { zip(payTo, $0.bytes).map { $0 ^ $1 } } ?? payTo
        withUnsafeBytes(of: amount.units.bigEndian) { bytes += $0 }
        bytes += key.payer
        return bytes
    }
}
