import Domain
import EVM
import Facilitators
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
    private static let facilitatorField = "network.facilitator"
    private static let tokenField = "network.facilitator.token"

    /// - Parameter before: what is stored of that chain already.
    /// - Throws: `NetworkRefusal`.
    static func check(_ draft: NetworkDraft, _ machine: MachineSettings, before: ShopNetwork?) throws(NetworkRefusal) -> EVMAddress {
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
        if let url = draft.rpcURL, !NetworkSettings.isURL(url) {
            throw NetworkRefusal(.rpcURL, "“\(url.prefix(80))” is no http or https address.")
        }
        let hasNode = draft.rpcURL != nil || before?.node != nil || own?.rpcURLs.isEmpty == false
        try checkRefundKey(draft, hasNode: hasNode)
        if try usesFacilitator(draft, before: before) { return address }
        guard draft.rpcURL != nil || own?.rpcURLs.isEmpty == false else { throw NetworkRefusal(.rpcURL, "Name a node of the chain.") }
        guard let key = draft.settlerKey else {
            guard before?.settlerKey != nil else { throw NetworkRefusal(.settlerKey, "Name the key that pays network fees.") }
            return address
        }
        guard privateKey(key) != nil else { throw NetworkRefusal(.settlerKey, "This is no private key; a key is 64 hexadecimal digits.") }
        return address
    }

    private static func checkRefundKey(_ draft: NetworkDraft, hasNode: Bool) throws(NetworkRefusal) {
        guard let text = draft.refundKey else { return }
        guard let key = privateKey(text) else {
            throw NetworkRefusal(.refundKey, "This is no private key; a key is 64 hexadecimal digits.")
        }
        guard hasNode else { throw NetworkRefusal(.refundKey, "Refunds are sent through a node of the chain; name one too.") }
        if let settler = draft.settlerKey.flatMap(privateKey), settler.address == key.address { throw sameKey }
    }

    /// Two that count the transactions of one account would send under each other's numbers.
    private static let sameKey = NetworkRefusal(
        .refundKey, "The refund wallet must be another one than the wallet that pays network fees; make a key of its own for it.")

    /// Whether a payment service settles: one that is named now, or was before and nothing else is said.
    private static func usesFacilitator(_ draft: NetworkDraft, before: ShopNetwork?) throws(NetworkRefusal) -> Bool {
        guard draft.facilitatorURL == nil || draft.settlerKey == nil else {
            throw NetworkRefusal(.facilitatorURL, "Either a payment service settles or the shop's own key does; name one of them.")
        }
        if let url = draft.facilitatorURL, FacilitatorAddress(url) == nil {
            throw NetworkRefusal(.facilitatorURL, "A payment service is reached by https://host/path, or by http:// on this machine.")
        }
        let uses = draft.facilitatorURL != nil || (draft.settlerKey == nil && before?.facilitator != nil)
        if let token = draft.facilitatorToken {
            guard uses else { throw NetworkRefusal(.facilitatorToken, "A token is for a payment service; name its address too.") }
            guard FacilitatorCredential(token) != nil else {
                throw NetworkRefusal(
                    .facilitatorToken, "This is neither a token without blanks nor the JSON file of a key with “id” and “privateKey”.")
            }
        }
        return uses
    }

    /// Keeps the key in a file of its own, so that a write that fails afterwards leaves the one before as it was.
    func make(_ draft: NetworkDraft, before: ShopNetwork?) throws -> ShopNetwork {
        let payTo = try Self.check(draft, machine, before: before)
        let facilitator = try facilitator(draft, before: before)
        var keyName = facilitator == nil ? before?.settlerKey : nil
        if let text = draft.settlerKey, let key = Self.privateKey(text) {
            let name = "settler-\(draft.network.chainID)-\(key.address.description.dropFirst(2).prefix(8).lowercased()).key"
            try directory.store(Data(Self.normal(text).utf8), name)
            keyName = name
        }
        let refundName = try refundKey(draft, settler: keyName, before: before)
        let node = try draft.rpcURL.map { ShopNetwork.Node.sealed(try seal($0)) } ?? before?.node
        return ShopNetwork(
            network: draft.network, payTo: payTo.bytes, node: node, settlerKey: keyName, facilitator: facilitator, refundKey: refundName)
    }

    /// The file of the refund wallet's key, stored where a new one is given.
    private func refundKey(_ draft: NetworkDraft, settler: String?, before: ShopNetwork?) throws -> String? {
        var name = before?.refundKey
        let key: PrivateKey?
        if let text = draft.refundKey, let given = Self.privateKey(text) {
            name = "refund-\(draft.network.chainID)-\(given.address.description.dropFirst(2).prefix(8).lowercased()).key"
            key = given
        } else {
            key = name.flatMap { Self.key(named: $0, in: directory) }
        }
        if let key, let settler = settler.flatMap({ Self.key(named: $0, in: directory) }), settler.address == key.address { throw Self.sameKey }
        if let text = draft.refundKey, let name { try directory.store(Data(Self.normal(text).utf8), name) }
        return name
    }

    /// A key that was stored before; nil when the file is gone or holds none.
    static func key(named name: String, in directory: DataDirectory) -> PrivateKey? {
        FileManager.default.contents(atPath: "\(directory.keys)/\(name)").flatMap {
            PrivateKey(hex: String(decoding: $0, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines))
        }
    }

    /// A token goes to the service that it was given for and to no other.
    private func facilitator(_ draft: NetworkDraft, before: ShopNetwork?) throws -> SealedFacilitator? {
        let token = try draft.facilitatorToken.map { try vault.seal(Array($0.utf8), for: .shop, field: Self.tokenField) }
        if let url = draft.facilitatorURL {
            return SealedFacilitator(url: try vault.seal(Array(url.utf8), for: .shop, field: Self.facilitatorField), token: token)
        }
        guard draft.settlerKey == nil, let known = before?.facilitator else { return nil }
        return SealedFacilitator(url: known.url, token: token ?? known.token)
    }

    /// The payment service of a network; nil where the shop settles itself.
    func service(_ network: ShopNetwork) throws -> PaymentService? {
        guard let sealed = network.facilitator else { return nil }
        let url = String(decoding: try vault.open(sealed.url, for: .shop, field: Self.facilitatorField), as: UTF8.self)
        let token = try sealed.token.map { String(decoding: try vault.open($0, for: .shop, field: Self.tokenField), as: UTF8.self) }
        guard let address = FacilitatorAddress(url) else { throw CommandFailure.refused("The payment service of \(network.network) has no address.") }
        return PaymentService(address: address, credential: token.flatMap { FacilitatorCredential($0) })
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
