extension Payment {
    /// The product of payments that are settled for other shops: none, so that they sell nothing here.
    public static var noProduct: Int64 { 0 }
    /// What such payments bought here.
    public static var noContent: ContentDigest { ContentDigest([UInt8](repeating: 0, count: 32))! }

    /// Whether it is settled for another shop: no order, no sale in the ledger, nothing to deliver.
    public var isForOthers: Bool { productID == Self.noProduct }
}
