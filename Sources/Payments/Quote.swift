public import Domain

/// What one product costs by one way to pay.
public struct Quote: Hashable, Sendable {
    public let option: PaymentOption
    public let amount: AtomicAmount

    /// The quotes of a price by the options that take its currency, exactly; an option too coarse for the price gives none.
    static func all(_ price: Money, by options: [PaymentOption]) -> [Quote] {
        options.compactMap { option in
            guard option.asset.currency == price.currency, let amount = try? price.atomic(decimals: option.asset.decimals), amount.units > 0
            else { return nil }  // a price that this asset cannot say exactly is not offered in it
            return Quote(option: option, amount: amount)
        }
    }
}
