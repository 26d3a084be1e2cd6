/// What a check of the ledger against orders and payments came to.
public struct LedgerReport: Hashable, Sendable {
    /// How many findings are told in words at most.
    public static let limit = 100

    /// How many payments, orders, entitlements and lines were looked at.
    public var payments: Int64 = 0
    public var orders: Int64 = 0
    public var entitlements: Int64 = 0
    public var lines: Int64 = 0
    /// How many things are wrong.
    public private(set) var count: Int64 = 0
    /// A sentence for each of the first.
    public private(set) var findings: [String] = []

    public init() {}

    public var isClean: Bool { count == 0 }

    public mutating func add(_ sentence: String) {
        count += 1
        if findings.count < Self.limit { findings.append(sentence) }
    }
}
