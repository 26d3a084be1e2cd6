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
            // A shop may be called by its owner's name, which the log must not keep for ever.
            var changes: [(String, EventDetails.Value)] = before.name == after.name ? [] : [("name", .changed)]
            if before.currency != after.currency { changes.append(("currency", .change(from: before.currency.code, to: after.currency.code))) }
            try Self.append(db, .settingsEdited, subject: 1, actor: actor, details: EventDetails(changes), at: now)
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

    private static func setUp(_ db: Database, settings: ShopSettings, network: ShopNetwork?, actor: String, at now: Timestamp) throws {
        let values = [("name", settings.name), ("currency", settings.currency.code)] + (settings.origin.map { [("origin", $0)] } ?? [])
        for (name, value) in values {
            try db.execute(sql: "INSERT OR REPLACE INTO settings(name, value) VALUES (?, ?)", arguments: [name, value])
        }
        try network?.store(db)
        // The origin may hold a name: the log says only that it was given.
        var details: [(String, EventDetails.Value)] = [("currency", .text(settings.currency.code))]
        if settings.origin != nil { details.append(("origin", .changed)) }
        if let network { details += [("network", .text(network.network.description))] + network.changes(from: nil) }
        try append(db, .shopSetUp, subject: 1, actor: actor, details: EventDetails(details), at: now)
    }
}
