public import Domain
import Foundation
import GRDB

/// What belongs to the shop and not to the machine.
public struct ShopSettings: Hashable, Sendable {
    public var name: String
    public var currency: Currency
    /// The public origin given at set-up; the machine's configuration goes before it.
    public var origin: String?

    public init(name: String = "A Pushcart shop", currency: Currency = .usd, origin: String? = nil) {
        self.name = name
        self.currency = currency
        self.origin = origin
    }
}

/// A chain on which the shop takes real money.
public struct ShopNetwork: Hashable, Sendable {
    public let network: Network
    /// Where the money goes, 20 bytes.
    public let payTo: [UInt8]
    /// Given at set-up; the machine's configuration goes before it.
    public let rpcURL: String?
    /// Name of the file below the data directory's `keys` that holds the key which pays fees; nil when the shop cannot settle itself.
    public let settlerKey: String?

    public init(network: Network, payTo: [UInt8], rpcURL: String?, settlerKey: String?) {
        self.network = network
        self.payTo = payTo
        self.rpcURL = rpcURL
        self.settlerKey = settlerKey
    }
}

extension Reader {
    public func settings() throws -> ShopSettings {
        try lookUp { db in
            var settings = ShopSettings()
            for row in try Row.fetchAll(db, sql: "SELECT name, value FROM settings") {
                let value: String = row[1]
                switch row[0] as String {
                case "name": settings.name = value
                case "currency": settings.currency = Currency(value) ?? settings.currency
                case "origin": settings.origin = value
                default: break
                }
            }
            return settings
        }
    }

    /// The chains in use, in the order in which they are offered.
    public func networks() throws -> [ShopNetwork] {
        try lookUp { db in
            try Row.fetchAll(db, sql: "SELECT chain_id, pay_to, rpc_url, settler_key FROM networks ORDER BY position").map { row in
                guard let network = Network(chainID: UInt64(row[0] as Int64)) else { throw StorageError.corrupt("a network") }
                return ShopNetwork(network: network, payTo: try row.bytes(1), rpcURL: row[2], settlerKey: row[3])
            }
        }
    }

    public func hasOwner() throws -> Bool {
        try lookUp { db in try Bool.fetchOne(db, sql: "SELECT EXISTS (SELECT 1 FROM people WHERE role = 'owner')") ?? false }
    }
}

extension Writer {
    /// Stores what `setup` was told, all or nothing; run again, it replaces what it was told then.
    /// - Parameter password: a PHC string.
    public func setUp(email: String, password: String, settings: ShopSettings, network: ShopNetwork?, actor: String, at now: Timestamp) async throws {
        try await write { db in
            try db.execute(
                sql: """
                    INSERT INTO people(email, password, role, created_at) VALUES (?, ?, 'owner', ?)
                    ON CONFLICT (email) DO UPDATE SET password = excluded.password, role = 'owner'
                    """, arguments: [email, password, now.milliseconds])
            try db.execute(sql: "DELETE FROM people WHERE role = 'owner' AND email <> ?", arguments: [email])
            let values = [("name", settings.name), ("currency", settings.currency.code)] + (settings.origin.map { [("origin", $0)] } ?? [])
            for (name, value) in values {
                try db.execute(sql: "INSERT OR REPLACE INTO settings(name, value) VALUES (?, ?)", arguments: [name, value])
            }
            if let network {
                try db.execute(
                    sql: """
                        INSERT INTO networks(chain_id, position, pay_to, rpc_url, settler_key)
                        VALUES (?, (SELECT coalesce(max(position), 0) + 1 FROM networks), ?, ?, ?)
                        ON CONFLICT (chain_id) DO UPDATE SET pay_to = excluded.pay_to, rpc_url = excluded.rpc_url, settler_key = excluded.settler_key
                        """,
                    arguments: [Int64(network.network.chainID), blob(network.payTo), network.rpcURL, network.settlerKey])
            }
            try Self.append(db, .shopSetUp, subject: 1, actor: actor, at: now)
        }
    }
}
