import Configuration
import Domain
import EVM
import Facilitators
import X402EVM

/// What the machine knows of a chain: its nodes and, where no preset fits, its name and its asset.
struct NetworkSettings: Sendable {
    let chainID: UInt64
    let rpcURLs: [String]
    /// The preset, or what the file says of a network of one's own.
    let preset: NetworkPreset?
    let fees: FeePolicy
    /// When a settlement can no longer be taken back; nil for what is usual on that chain.
    let finality: FinalityDepth?
    /// Payment services that are asked after the shop's own, when that cannot be reached.
    let facilitators: [FacilitatorAddress]
    /// What each payment service is believed in a day where no node can be asked, in whole units of the asset.
    let facilitatorDailyLimit: String
    /// How many refunds the shop pays in a day, and how much in all, in whole units of the asset.
    let refundDailyCount: Int
    let refundDailyAmount: String

    init(name: String, _ reader: ConfigReader) throws {
        func wrong(_ key: String, _ reason: String) -> CommandFailure { .refused("“networks.\(name).\(key)” \(reason).") }
        /// A whole number; the library takes what is none for a missing one.
        func whole(_ key: String) throws -> UInt64? {
            guard let text = reader.string(forKey: ConfigKey(key)) else { return nil }
            guard let number = UInt64(text), String(number) == text else { throw wrong(key, "is no whole number") }
            return number
        }
        guard let chainID = try whole("chain-id"), Network(chainID: chainID) != nil else {
            throw wrong("chain-id", "is missing, or no number above zero")
        }
        self.chainID = chainID
        rpcURLs = reader.stringArray(forKey: "rpc-urls") ?? []
        for url in rpcURLs where !Self.isURL(url) { throw wrong("rpc-urls", "has an entry that is no http or https address") }
        facilitators = try (reader.stringArray(forKey: "facilitator-urls") ?? []).map { text in
            guard let address = FacilitatorAddress(text) else {
                throw wrong("facilitator-urls", "has an entry that is no https address, or http on this machine")
            }
            return address
        }
        facilitatorDailyLimit = reader.string(forKey: "facilitator-daily-limit") ?? Self.facilitatorDailyLimit
        guard Self.wei(facilitatorDailyLimit) != nil else { throw wrong("facilitator-daily-limit", "is no amount, such as 100") }
        let refunds = try whole("refunds.daily-count") ?? UInt64(Self.refundDailyCount)
        guard refunds <= 100_000 else { throw wrong("refunds.daily-count", "is more than 100000") }
        refundDailyCount = Int(refunds)
        refundDailyAmount = reader.string(forKey: "refunds.daily-amount") ?? Self.refundDailyAmount
        guard Self.wei(refundDailyAmount) != nil else { throw wrong("refunds.daily-amount", "is no amount, such as 500") }
        let standard = NetworkPreset.of(chainID: chainID)
        if let text = reader.string(forKey: "asset.address") {
            guard let address = EVMAddress(hex: text) else { throw wrong("asset.address", "is no address") }
            guard let symbol = reader.string(forKey: "asset.symbol"), let domainName = reader.string(forKey: "asset.domain-name"),
                let domainVersion = reader.string(forKey: "asset.domain-version"), let decimals = try whole("asset.decimals"),
                (0...18).contains(decimals)
            else { throw wrong("asset", "needs symbol, decimals (0 to 18), domain-name and domain-version") }
            let currency = reader.string(forKey: "asset.currency") ?? "USD"
            guard Currency(currency) != nil else { throw wrong("asset.currency", "is no currency; write three capital letters") }
            preset = NetworkPreset(
                chainID: chainID, name: reader.string(forKey: "name") ?? standard?.name ?? name,
                token: NetworkPreset.Token(
                    address: address, symbol: symbol, decimals: Int(decimals), currency: currency, domainName: domainName,
                    domainVersion: domainVersion),
                explorer: reader.string(forKey: "explorer") ?? standard?.explorer)
        } else {
            let parts = ["symbol", "decimals", "currency", "domain-name", "domain-version"]
            guard parts.allSatisfy({ reader.string(forKey: ConfigKey("asset.\($0)")) == nil }) else {
                throw wrong("asset.address", "is missing")
            }
            guard standard != nil else { throw wrong("asset", "is missing: chain \(chainID) is not one that Pushcart knows") }
            preset = standard
        }
        finality = try reader.string(forKey: "finality-depth").map { text in
            guard let depth = FinalityDepth(text) else {
                throw wrong("finality-depth", "is neither a number of blocks from 1 to 100000 nor finalized")
            }
            return depth
        }
        var fees = FeePolicy.standard(chainID: chainID)
        if let price = try whole("fees.coin-price") { fees.coinPrice = price }
        if let loss = try whole("fees.maximum-loss") { fees.maximumLoss = loss }
        if let text = reader.string(forKey: "fees.daily-budget") {
            guard let wei = Self.wei(text) else { throw wrong("fees.daily-budget", "is no amount of the chain's coin, such as 0.05") }
            fees.dailyBudget = wei
        }
        if let text = reader.string(forKey: "fees.cap-per-settlement") {
            guard let wei = Self.wei(text) else { throw wrong("fees.cap-per-settlement", "is no amount of the chain's coin, such as 0.001") }
            fees.capPerSettlement = wei
        }
        self.fees = fees
    }

    static let facilitatorDailyLimit = "100"
    /// Cautious: a day's refunds of a small shop, and no more than that for whoever steals a password.
    static let refundDailyCount = 20
    static let refundDailyAmount = "500"

    private static func wei(_ text: String) -> UInt128? {
        (try? Money(text, .usd).atomic(decimals: 18))?.units  // whatever is no decimal number is no amount
    }

    static func isURL(_ text: String) -> Bool {
        (text.hasPrefix("http://") || text.hasPrefix("https://")) && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    }
}
