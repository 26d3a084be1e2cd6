public import Domain

/// What pays refunds on a chain: the refund wallet, with a key of its own.
public protocol Refunder: Sendable {
    /// The way to be paid whose payments it gives back.
    var option: PaymentOption { get }

    /// The refund wallet's address, 20 bytes.
    var wallet: [UInt8] { get }

    /// Signs, stores, sends and follows an approved refund. Called for one refund of a chain at a time.
    func send(_ refund: Refund, of payment: Payment) async -> RefundSending

    /// Finds out what became of a refund that is under way; sends its bytes again where that helps.
    func resolve(_ refund: Refund, of payment: Payment) async -> RefundSending
}

/// What sending a refund found. Not knowing is a case of its own.
public enum RefundSending: Hashable, Sendable {
    /// Proved by the asset's own log in that transaction, 32 bytes.
    case settled(transaction: [UInt8])
    /// Nothing was stored or sent; the sentence says what is missing or until when.
    case waiting(String)
    /// Certainly never paid, and it never can be by what was signed. The sentence is for people.
    case failed(String)
    /// Sent or perhaps sent; ask again.
    case unknown
}
