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

public enum SettingsChange: Sendable {
    case changed(ShopSettings)
    /// Somebody else changed them meanwhile.
    case stale
}

extension ShopSettings {
    static func read(_ db: Database) throws -> ShopSettings {
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

extension Reader {
    public func settings() throws -> ShopSettings { try lookUp(ShopSettings.read) }

    /// The chains in use, in the order in which they are offered.
    public func networks() throws -> [ShopNetwork] {
        try lookUp { db in
            try Row.fetchAll(db, sql: "SELECT chain_id, pay_to, rpc_url, settler_key FROM networks ORDER BY position").map { row in
                guard let network = Network(chainID: UInt64(row[0] as Int64)) else { throw StorageError.corrupt("a network") }
                return ShopNetwork(network: network, payTo: try row.bytes(1), rpcURL: row[2], settlerKey: row[3])
            }
        }
    }
}

extension Writer {
    /// Changes name and currency, if the settings are still those of `before`.
    public func editSettings(
        _ after: ShopSettings, of before: ShopSettings, actor: String, at now: Timestamp, noting note: WriteNote<SettingsChange>? = nil
    ) async throws -> SettingsChange {
        try await write(noting: note) { db in
            guard try ShopSettings.read(db) == before else { return .stale }
            for (name, value) in [("name", after.name), ("currency", after.currency.code)] {
                try db.execute(sql: "INSERT OR REPLACE INTO settings(name, value) VALUES (?, ?)", arguments: [name, value])
            }
            try Self.append(db, .settingsEdited, subject: 1, actor: actor, at: now)
            return .changed(try ShopSettings.read(db))
        }
    }

    /// Stores what `setup` was told, all or nothing; run again, it replaces what it was told then, also the owner.
    public func setUp(owner: OwnerDraft, settings: ShopSettings, network: ShopNetwork?, actor: String, at now: Timestamp) async throws -> Int64 {
        try await write { db in
            let id = try owner.take(db, actor: actor, at: now)
            try Self.setUp(db, settings: settings, network: network, actor: actor, at: now)
            return id
        }
    }

    /// The same for a program that cannot seal: the mail address stands open until the daemon starts and seals it.
    /// - Parameter password: a PHC string.
    public func setUp(email: String, password: String, settings: ShopSettings, network: ShopNetwork?, actor: String, at now: Timestamp) async throws {
        try await write { db in
            try OwnerDraft.takePlain(db, email: email, password: password, actor: actor, at: now)
            try Self.setUp(db, settings: settings, network: network, actor: actor, at: now)
        }
    }

    private static func setUp(_ db: Database, settings: ShopSettings, network: ShopNetwork?, actor: String, at now: Timestamp) throws {
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
        try append(db, .shopSetUp, subject: 1, actor: actor, at: now)
    }
}
