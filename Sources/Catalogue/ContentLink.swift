import Crypto
public import Domain
import Foundation

/// Signs addresses under which a buyer fetches what a receipt bought, for a while: for resuming, ranges and other programs.
public struct ContentLinkSigner: Sendable {
    /// Keyed once: each signature starts from a copy.
    private let keyed: HMAC<SHA256>
    public static let lifetime: Duration = .seconds(24 * 3600)

    /// - Parameter key: 32 random bytes that never leave the shop.
    public init(key: [UInt8]) { keyed = HMAC<SHA256>(key: SymmetricKey(data: key)) }

    /// Path and query of the content of `receipt`, good for 24 hours.
    public func path(_ receipt: ReceiptID, at now: Timestamp) -> String {
        let expires = (now + Self.lifetime).seconds
        return "/r/\(receipt)/content?expires=\(expires)&signature=\(lowercaseHex(tag(receipt, expires)))"
    }

    /// Whether a signature for `receipt` is ours and still good.
    public func accepts(_ receipt: ReceiptID, expires: Int64, signature: String, at now: Timestamp) -> Bool {
        guard expires > now.seconds, let shown = hexBytes(signature), shown.count == 32 else { return false }
        return zip(shown, tag(receipt, expires)).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    private func tag(_ receipt: ReceiptID, _ expires: Int64) -> [UInt8] {
        var authentication = keyed
        var text = "pushcart content \(receipt) \(expires)"
        text.withUTF8 { authentication.update(data: $0) }
        return Array(authentication.finalize())
    }
}
