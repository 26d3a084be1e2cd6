import Crypto
public import Domain
import Foundation

/// Makes and checks sealed offers: proof that a price was ours, and a secret between the shop and whoever asked.
///
/// On the wire a seal is 82 hexadecimal digits: version, expiry, 128 random bits and an HMAC-SHA-256 cut to 128 bits over these and
/// all that the offer says. What the client echoes beside it is therefore covered without being repeated.
public struct OfferSealer: Sendable {
    /// Keyed once: each seal starts from a copy.
    let keyed: HMAC<SHA256>

    /// For how long an offer's price is honoured.
    public static let lifetime: Duration = .seconds(15 * 60)
    private static let version: UInt8 = 1
    private static let length = 1 + 8 + 16 + 16

    /// - Parameter key: 32 random bytes that never leave the shop.
    public init(key: [UInt8]) { keyed = HMAC<SHA256>(key: SymmetricKey(data: key)) }

    /// What a seal covers. One is made for each way to pay.
    public struct Terms: Sendable {
        fileprivate let bytes: [UInt8]

        /// - Parameter route: what the price is for below the product; `GET` for files and articles.
        /// - Parameter payTo: where the money was to go, 20 bytes; the option's address of today when nil.
        public init(productID: Int64, route: String, option: PaymentOption, payTo: [UInt8]? = nil, amount: AtomicAmount) {
            var bytes = Array("pushcart offer".utf8)
            func append(_ value: some FixedWidthInteger) { withUnsafeBytes(of: value.bigEndian) { bytes += $0 } }
            append(productID)
            append(UInt32(route.utf8.count))
            bytes += route.utf8
            append(option.network.chainID)
            append(UInt8(option.sandbox ? 1 : 0))
            bytes += option.asset.address
            bytes += payTo ?? option.payTo
            append(amount.units)
            self.bytes = bytes
        }
    }

    /// The text of a fresh seal that expires a lifetime after `now`.
    public func seal(_ terms: Terms, at now: Timestamp) -> String {
        var bytes: [UInt8] = [Self.version]
        bytes.reserveCapacity(Self.length)
        withUnsafeBytes(of: (now + Self.lifetime).seconds.bigEndian) { bytes += $0 }
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2 { withUnsafeBytes(of: generator.next()) { bytes += $0 } }
        bytes += tag(bytes, terms)
        return lowercaseHex(bytes)
    }

    /// What a seal that a client shows is worth.
    public enum Judgement: Equatable, Sendable {
        /// Ours and good until the moment given; the hash is what a claim stores.
        case authentic(expires: Timestamp, hash: [UInt8])
        /// Not ours, or for something else.
        case foreign
    }

    public func judge(_ text: String, _ terms: Terms) -> Judgement {
        guard text.utf8.count == 2 * Self.length, let bytes = hexBytes(text), bytes[0] == Self.version else { return .foreign }
        let head = bytes[..<25]
        let expected = tag(Array(head), terms)
        guard zip(bytes[25...], expected).reduce(UInt8(0), { $0 | ($1.0 ^ $1.1) }) == 0 else { return .foreign }
        let expires = bytes[1..<9].reduce(Int64(0)) { $0 << 8 | Int64($1) }
        return .authentic(expires: Timestamp(seconds: expires), hash: Array(SHA256.hash(data: bytes)))
    }

    private func tag(_ head: [UInt8], _ terms: Terms) -> [UInt8] {
        var authentication = keyed
        head.withUnsafeBytes { authentication.update(data: $0) }
        terms.bytes.withUnsafeBytes { authentication.update(data: $0) }
        return authentication.finalize().withUnsafeBytes { [UInt8]($0.prefix(16)) }
    }
}
