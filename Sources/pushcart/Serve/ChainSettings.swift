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

    private enum Rail {
        /// The shop settles itself.
        case own(settler: PrivateKey, fees: FeePolicy)
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
        guard let name = network.settlerKey, let text = FileManager.default.contents(atPath: "\(directory.keys)/\(name)"),
            let key = PrivateKey(hex: String(decoding: text, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines))
        else { throw CommandFailure.refused("The key that pays fees on \(preset.name) is missing; run setup with --settler-key-file again.") }
        rail = .own(settler: key, fees: settings?.fees ?? .standard(chainID: preset.chainID))
    }

    func facilitator(
        origin: String, http: HTTPClient, database: ShopDatabase, metrics: RPCMetrics, steps: Steps, now: @escaping WallClock, log: Logger
    ) -> any Facilitator & Service {
        switch rail {
        case .own(let settler, let fees):
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
