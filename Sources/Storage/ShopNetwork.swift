public import Domain
import Foundation
import GRDB

/// A chain on which the shop takes real money.
public struct ShopNetwork: Hashable, Sendable {
    /// The address of a node: it may hold a key of its provider, so that it is sealed.
    public enum Node: Hashable, Sendable {
        case sealed([UInt8])
        /// As versions before 0.2 stored it, until the daemon seals it.
        case open(String)
    }

    public let network: Network
    /// Where the money goes, 20 bytes.
    public let payTo: [UInt8]
    /// Given at set-up; the machine's configuration goes before it.
    public let node: Node?
    /// Name of the file below the data directory's `keys` that holds the key which pays fees; nil when the shop cannot settle itself.
    public let settlerKey: String?
    /// The payment service that settles instead of the shop; nil where the shop does it itself.
    public let facilitator: SealedFacilitator?
    /// Name of the file, beside the settler's, with the key of the wallet that refunds are paid from; nil when none is set.
    public let refundKey: String?

    public init(
        network: Network, payTo: [UInt8], node: Node?, settlerKey: String?, facilitator: SealedFacilitator? = nil, refundKey: String? = nil
    ) {
        self.network = network
        self.payTo = payTo
        self.node = node
        self.settlerKey = settlerKey
        self.facilitator = facilitator
        self.refundKey = refundKey
    }

    static func read(_ db: Database) throws -> [ShopNetwork] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT chain_id, pay_to, rpc_url, rpc_sealed, settler_key, facilitator_sealed, facilitator_token_sealed,
                    refund_key FROM networks ORDER BY position
                """
        ).map { row in
            guard let network = Network(chainID: UInt64(row[0] as Int64)) else { throw StorageError.corrupt("a network") }
            let open: String? = row[2]
            let sealed: Data? = row[3]
            return ShopNetwork(
                network: network, payTo: try row.bytes(1), node: sealed.map { .sealed([UInt8]($0)) } ?? open.map { .open($0) }, settlerKey: row[4],
                facilitator: try row.optionalBytes(5).map { SealedFacilitator(url: $0, token: try row.optionalBytes(6)) },
                refundKey: row[7])
        }
    }

    /// What the audit log says of it: where the money goes, and that node, key and payment service were changed, whose addresses may hold a key.
    func changes(from before: ShopNetwork?) -> [(String, EventDetails.Value)] {
        func text(_ address: [UInt8]) -> String { "0x" + lowercaseHex(address) }
        var changes: [(String, EventDetails.Value)] = []
        if before?.payTo != payTo { changes.append(("pay_to", .change(from: before.map { text($0.payTo) }, to: text(payTo)))) }
        if before?.node != node { changes.append(("node", .changed)) }
        if before?.settlerKey != settlerKey { changes.append(("settler_key", .changed)) }
        if before?.facilitator != facilitator { changes.append(("facilitator", .changed)) }
        if before?.refundKey != refundKey { changes.append(("refund_key", .changed)) }
        return changes
    }

    /// Adds it behind the others, or replaces what was said of that chain before.
    func store(_ db: Database) throws {
        var (sealed, open): ([UInt8]?, String?)
        switch node {
        case .sealed(let bytes)?: sealed = bytes
        case .open(let url)?: open = url
        case nil: break
        }
        try db.execute(
            sql: """
                INSERT INTO networks(chain_id, position, pay_to, rpc_url, rpc_sealed, settler_key, facilitator_sealed, facilitator_token_sealed,
                    refund_key)
                VALUES (?, (SELECT coalesce(max(position), 0) + 1 FROM networks), ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (chain_id) DO UPDATE SET pay_to = excluded.pay_to, rpc_url = excluded.rpc_url, rpc_sealed = excluded.rpc_sealed,
                    settler_key = excluded.settler_key, facilitator_sealed = excluded.facilitator_sealed,
                    facilitator_token_sealed = excluded.facilitator_token_sealed,
                    refund_key = excluded.refund_key
                """,
            arguments: [
                Int64(network.chainID), blob(payTo), open, sealed.map(blob), settlerKey, facilitator.map { blob($0.url) },
                facilitator?.token.map(blob), refundKey,
            ])
    }
}

/// What came of taking a chain out of use.
public enum NetworkRemoval: Hashable, Sendable {
    case removed
    case unknown
    /// Payments on it have not ended.
    case busy(payments: Int)
    /// Refunds on it have not ended.
    case refunding(refunds: Int)
}

extension Reader {
    /// The chains in use, in the order in which they are offered.
    public func networks() throws -> [ShopNetwork] {
        try lookUp(ShopNetwork.read)
    }
}

extension Writer {
    /// Sets how the shop is paid on a chain. What runs goes on as it began; the next start takes it up.
    public func setNetwork(_ network: ShopNetwork, actor: String, at now: Timestamp, noting note: WriteNote<ShopNetwork>? = nil) async throws {
        _ = try await write(noting: note) { db in
            let before = try ShopNetwork.read(db).first { $0.network == network.network }
            try network.store(db)
            let details = EventDetails(network.changes(from: before))
            try Self.append(db, .networkSet, subject: Int64(network.network.chainID), actor: actor, details: details, at: now)
            return network
        }
    }

    /// Takes a chain out of use, unless payments on it are open: nobody would finish them.
    public func removeNetwork(
        _ network: Network, actor: String, at now: Timestamp, noting note: WriteNote<NetworkRemoval>? = nil
    ) async throws -> NetworkRemoval {
        let chainID = Int64(network.chainID)
        return try await write(noting: note) { db in
            let open =
                try Int.fetchOne(
                    db,
                    sql: """
                        SELECT count(*) FROM payments INDEXED BY payments_open
                        WHERE state IN ('claimed', 'settling', 'uncertain') AND chain_id = ? AND sandbox = 0
                        """, arguments: [chainID]) ?? 0
            guard open == 0 else { return .busy(payments: open) }
            let refunds = try RefundRows.countOpen(db, on: network)
            guard refunds == 0 else { return .refunding(refunds: refunds) }
            try db.execute(sql: "DELETE FROM networks WHERE chain_id = ?", arguments: [chainID])
            guard db.changesCount == 1 else { return .unknown }
            try Self.append(db, .networkRemoved, subject: chainID, actor: actor, at: now)
            return .removed
        }
    }

    /// Replaces the address of a node that stands open by its sealed form.
    public func sealNode(of network: Network, open: String, _ sealed: [UInt8]) async throws {
        try await write { db in
            try db.execute(sql: "PRAGMA secure_delete = ON")
            try db.execute(
                sql: "UPDATE networks SET rpc_sealed = ?, rpc_url = NULL WHERE chain_id = ? AND rpc_url = ?",
                arguments: [blob(sealed), Int64(network.chainID), open])
        }
    }
}
