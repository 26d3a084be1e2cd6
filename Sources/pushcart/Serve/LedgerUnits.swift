import Domain

/// How people write what the ledger counts.
enum LedgerUnits {
    /// The assets of these ways to be paid, and the coins in which their networks charge fees.
    static func of(_ options: [PaymentOption]) -> [(asset: LedgerAsset, unit: LedgerUnit)] {
        options.flatMap { option -> [(asset: LedgerAsset, unit: LedgerUnit)] in
            let asset = LedgerAsset(network: option.network, address: option.asset.address, sandbox: option.sandbox)
            let unit = LedgerUnit(symbol: option.asset.symbol, decimals: option.asset.decimals)
            // Practice money costs no fees.
            return option.sandbox ? [(asset, unit)] : [(asset, unit), (.coin(of: option.network), coin(option.network))]
        }
    }

    private static func coin(_ network: Network) -> LedgerUnit {
        let symbol =
            switch network.chainID {
            case 137: "POL"
            case 43113, 43114: "AVAX"
            case 1, 10, 8453, 42161, 84532: "ETH"
            default: "coin"
            }
        return LedgerUnit(symbol: symbol, decimals: 18)
    }
}
