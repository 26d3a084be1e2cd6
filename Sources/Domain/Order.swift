/// A sale: which payment bought which content.
public struct Order: Hashable, Sendable {
    public let id: Int64
    public let paymentID: Int64
    public let productID: Int64
    /// The bytes that were sold; later editions do not change an order.
    public let content: ContentDigest
    public let at: Timestamp

    public init(id: Int64, paymentID: Int64, productID: Int64, content: ContentDigest, at: Timestamp) {
        self.id = id
        self.paymentID = paymentID
        self.productID = productID
        self.content = content
        self.at = at
    }

    public var number: String { Self.number(id: id, at: at) }

    /// The number that people quote: the year of the sale and a count, such as `2026-000123`.
    public static func number(id: Int64, at: Timestamp) -> String {
        let digits = String(id)
        return "\(at.date.year)-\(String(repeating: "0", count: max(0, 6 - digits.count)))\(digits)"
    }
}
