import AsyncHTTPClient
import Domain
import EVM
import Facilitators
import Foundation
import Logging
import Payments
import ServiceLifecycle
import Storage
import Telemetry
import X402EVM

/// What a chain in use needs, from the shop's row, the machine's settings and the key's file.
struct ChainSettings {
    let option: PaymentOption
    private let urls: [String]
    private let rail: Rail
    private let finality: FinalityDepth
    /// The refund wallet's key with what limits it; nil where the shop has none.
    private let refunds: (key: PrivateKey, limit: RefundLimit)?
    private let fees: FeePolicy

    private enum Rail {
        /// The shop settles itself.
        case own(settler: PrivateKey)
        /// Payment services settle, asked in turn.
        case services([PaymentService], dailyLimit: AtomicAmount)
    }

    init(_ network: ShopNetwork, _ setup: NetworkSetup, _ machine: MachineSettings, _ directory: DataDirectory) throws {
        let settings = machine.networks.first { $0.chainID == network.network.chainID }
        guard let preset = settings?.preset ?? NetworkPreset.of(chainID: network.network.chainID),
            let option = ShopAssembly.option(preset, payTo: network.payTo, sandbox: false)
        else {
            throw CommandFailure.refused(
                "The network \(network.network) is not one that Pushcart knows; describe it under “networks” in pushcart.yaml.")
        }
        let named = try setup.url(network)
        let urls = settings.flatMap { $0.rpcURLs.isEmpty ? nil : $0.rpcURLs } ?? named.map { [$0] } ?? []
        self.option = option
        self.urls = urls
        finality = settings?.finality ?? .standard(chainID: preset.chainID)
        fees = settings?.fees ?? .standard(chainID: preset.chainID)
        refunds = try Self.refunds(network, option, settings, directory)
        if let service = try setup.service(network) {
            let others = (settings?.facilitators ?? []).filter { $0.host != service.address.host }
            let text = settings?.facilitatorDailyLimit ?? NetworkSettings.facilitatorDailyLimit
            guard let limit = try? Money(text, option.asset.currency).atomic(decimals: option.asset.decimals) else {  // told as what it is
                throw CommandFailure.refused("“facilitator-daily-limit” of \(preset.name) is finer than \(option.asset.symbol) can be divided.")
            }
            rail = .services([service] + others.map { PaymentService(address: $0, credential: nil) }, dailyLimit: limit)
            return
        }
        guard !urls.isEmpty else {
            throw CommandFailure.refused(
                "No node is known for \(preset.name); set “rpc-urls” for it in pushcart.yaml, or run setup with --rpc-url.")
        }
        guard let key = network.settlerKey.flatMap({ NetworkSetup.key(named: $0, in: directory) }) else {
            throw CommandFailure.refused("The key that pays fees on \(preset.name) is missing; run setup with --settler-key-file again.")
        }
        guard refunds?.key.address != key.address else {
            throw CommandFailure.refused(
                "On \(preset.name) the refund wallet and the wallet that pays fees are the same; give refunds a key of their own.")
        }
        rail = .own(settler: key)
    }

    private static func refunds(
        _ network: ShopNetwork, _ option: PaymentOption, _ settings: NetworkSettings?, _ directory: DataDirectory
    ) throws -> (key: PrivateKey, limit: RefundLimit)? {
        guard let name = network.refundKey else { return nil }
        guard let key = NetworkSetup.key(named: name, in: directory) else {
            throw CommandFailure.refused("The key of the refund wallet on \(option.networkName) is missing; set it again with --refund-key-file.")
        }
        let text = settings?.refundDailyAmount ?? NetworkSettings.refundDailyAmount
        guard let amount = try? Money(text, option.asset.currency).atomic(decimals: option.asset.decimals) else {  // told as what it is
            throw CommandFailure.refused("“refunds.daily-amount” of \(option.networkName) is finer than \(option.asset.symbol) can be divided.")
        }
        return (key, RefundLimit(count: settings?.refundDailyCount ?? NetworkSettings.refundDailyCount, amount: amount))
    }

    /// What pays refunds; nil where the shop has no key for them, or no node.
    func refunder(
        http: HTTPClient, database: ShopDatabase, metrics: RPCMetrics, steps: Steps, now: @escaping WallClock, log: Logger
    ) -> (any Refunder)? {
        guard let refunds, !urls.isEmpty else { return nil }
        return ChainRefunder(
            option: option, urls: urls, key: refunds.key, policy: fees, limit: refunds.limit, http: http, reader: database.reader,
            writer: database.writer, metrics: metrics, steps: steps, now: now, log: log)
    }

    func facilitator(
        origin: String, http: HTTPClient, database: ShopDatabase, metrics: RPCMetrics, steps: Steps, now: @escaping WallClock, log: Logger
    ) -> any Facilitator & Service {
        switch rail {
        case .own(let settler):
            LocalFacilitator(
                option: option, urls: urls, settler: settler, policy: fees, http: http, reader: database.reader, writer: database.writer,
                finality: finality, metrics: metrics, steps: steps, now: now, log: log)
        case .services(let services, let dailyLimit):
            RemoteFacilitator(
                option: option, services: services, urls: urls, dailyLimit: dailyLimit, origin: origin, http: http, reader: database.reader,
                writer: database.writer, finality: finality, metrics: metrics, steps: steps, now: now, log: log)
        }
    }
}
