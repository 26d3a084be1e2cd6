import Crypto
public import Domain
import Foundation

/// Signs addresses under which a buyer fetches what a receipt bought, for a while: for resuming, ranges and other programs.
public struct ContentLinkSigner: Sendable {
    /// What a shown link is worth.
    public enum Verdict: Sendable {
        case good
        /// It was ours, and the owner took it back.
        case revoked
        /// Not ours, or over.
        case foreign
    }

    /// Keyed once: each signature starts from a copy.
    private let keyed: HMAC<SHA256>
    public let series: LinkSeries
    public static let lifetime: Duration = .seconds(24 * 3600)

    /// - Parameter key: 32 random bytes that never leave the shop.
    public init(key: [UInt8], series: LinkSeries = LinkSeries()) {
        keyed = HMAC<SHA256>(key: SymmetricKey(data: key))
        self.series = series
    }

    /// Path and query of the content of `receipt`, good for 24 hours or until it is revoked.
    public func path(_ receipt: ReceiptID, at now: Timestamp) -> String {
        let expires = (now + Self.lifetime).seconds
        let number = series.current(receipt.paymentID)
        let part = number == 0 ? "" : "&series=\(number)"
        return "/r/\(receipt)/content?expires=\(expires)\(part)&signature=\(lowercaseHex(tag(receipt, expires, number)))"
    }

    /// - Parameter number: the link's series; 0 where it names none.
    public func judge(_ receipt: ReceiptID, expires: Int64, series number: Int64 = 0, signature: String, at now: Timestamp) -> Verdict {
        guard expires > now.seconds, let shown = hexBytes(signature), shown.count == 32 else { return .foreign }
        guard zip(shown, tag(receipt, expires, number)).reduce(UInt8(0), { $0 | ($1.0 ^ $1.1) }) == 0 else { return .foreign }
        return number == series.current(receipt.paymentID) ? .good : .revoked
    }

    private func tag(_ receipt: ReceiptID, _ expires: Int64, _ number: Int64) -> [UInt8] {
        var authentication = keyed
        var text = "pushcart content \(receipt) \(expires)" + (number == 0 ? "" : " \(number)")
        text.withUTF8 { authentication.update(data: $0) }
        return Array(authentication.finalize())
    }
}
