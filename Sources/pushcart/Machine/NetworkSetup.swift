import Domain
import EVM
import Foundation
import HTTPAPI
import Sealing
import Storage
import X402EVM

/// Makes of what an owner says of a chain what the shop keeps of it, by what this machine knows of chains.
struct NetworkSetup: Sendable {
    let machine: MachineSettings
    let directory: DataDirectory
    let vault: Vault

    private static let field = "network.rpc"

    /// - Throws: `NetworkRefusal`.
    static func check(_ draft: NetworkDraft, _ machine: MachineSettings, hasKey: Bool) throws(NetworkRefusal) -> EVMAddress {
        let chainID = draft.network.chainID
        let own = machine.networks.first { $0.chainID == chainID }
        guard own != nil || NetworkPreset.of(chainID: chainID) != nil else {
            let known = NetworkPreset.all.map { "eip155:\($0.chainID) (\($0.name))" }.joined(separator: ", ")
            throw NetworkRefusal(
                .network, "\(draft.network) is not a network that Pushcart knows: \(known). Others are described in pushcart.yaml.")
        }
        guard let address = EVMAddress(hex: draft.payTo), address != .zero else {
            throw NetworkRefusal(.payTo, "“\(draft.payTo.prefix(80))” is no address; it has 0x and 40 hexadecimal digits.")
        }
        if AddressChecksum(of: draft.payTo) == .wrong {
            throw NetworkRefusal(
                .payTo,
                "The capitals of “\(draft.payTo)” do not fit its digits; there is a typing error in it. Copy it again from your wallet.")
        }
        guard draft.rpcURL != nil || own?.rpcURLs.isEmpty == false else { throw NetworkRefusal(.rpcURL, "Name a node of the chain.") }
        if let url = draft.rpcURL, !NetworkSettings.isURL(url) {
            throw NetworkRefusal(.rpcURL, "“\(url.prefix(80))” is no http or https address.")
        }
        guard let key = draft.settlerKey else {
            guard hasKey else { throw NetworkRefusal(.settlerKey, "Name the key that pays network fees.") }
            return address
        }
        guard privateKey(key) != nil else { throw NetworkRefusal(.settlerKey, "This is no private key; a key is 64 hexadecimal digits.") }
        return address
    }

    /// Keeps the key in a file of its own, so that a write that fails afterwards leaves the one before as it was.
    func make(_ draft: NetworkDraft, before: ShopNetwork?) throws -> ShopNetwork {
        let payTo = try Self.check(draft, machine, hasKey: before?.settlerKey != nil)
        var keyName = before?.settlerKey
        if let text = draft.settlerKey, let key = Self.privateKey(text) {
            let name = "settler-\(draft.network.chainID)-\(key.address.description.dropFirst(2).prefix(8).lowercased()).key"
            try directory.store(Data(Self.normal(text).utf8), name)
            keyName = name
        }
        let node = try draft.rpcURL.map { ShopNetwork.Node.sealed(try seal($0)) } ?? before?.node
        return ShopNetwork(network: draft.network, payTo: payTo.bytes, node: node, settlerKey: keyName)
    }

    func seal(_ url: String) throws -> [UInt8] { try vault.seal(Array(url.utf8), for: .shop, field: Self.field) }

    /// The address of a network's node; nil when none was named.
    func url(_ network: ShopNetwork) throws -> String? {
        switch network.node {
        case .open(let url)?: url
        case .sealed(let bytes)?: String(decoding: try vault.open(bytes, for: .shop, field: Self.field), as: UTF8.self)
        case nil: nil
        }
    }

    /// Seals what earlier versions left open.
    func sealLegacy(_ database: ShopDatabase) async throws {
        for network in try database.reader.networks() {
            guard case .open(let url)? = network.node else { continue }
            try await database.writer.sealNode(of: network.network, open: url, try seal(url))
        }
    }

    private static func normal(_ text: String) -> String { text.hasPrefix("0x") ? text : "0x" + text }

    private static func privateKey(_ text: String) -> PrivateKey? { PrivateKey(hex: normal(text)) }
}
