public import Caching
public import Domain
public import Logging
public import Sealing
public import Storage

/// Keys of programs: made, shown once, looked up by their prefix, revoked.
public final class APIKeys: Sendable {
    private let reader: Reader
    private let writer: Writer
    private let vault: Vault
    private let uses: KeyUses
    private let random: Randomness
    private let now: WallClock
    private let found: Cache<String, KeyRow>

    public init(
        database: ShopDatabase, vault: Vault, log: Logger, random: @escaping Randomness = systemRandomness, now: @escaping WallClock,
        remembered: Int = 10_000
    ) {
        reader = database.reader
        writer = database.writer
        self.vault = vault
        uses = KeyUses(writer: database.writer, log: log)
        self.random = random
        self.now = now
        found = Cache("api-keys", limit: remembered, bytes: 16 << 20, lifetime: .seconds(600)) { $0.utf8.count + 32 + $1.heapBytes }
    }

    /// The caches, for whoever watches the process.
    public var caches: [CacheMeter] { [found.meter] }

    /// Makes a key. Its text is in the outcome and nowhere else.
    public func create(_ terms: APIKeyTerms, by principal: Principal, noting note: WriteNote<APIKeyOutcome>? = nil) async throws -> APIKeyOutcome {
        guard principal.mayGive(terms.permissions, products: terms.products) else { return .beyondYou }
        while true {
            let text = APIKeyText(random)
            let row = try await writer.createKey(
                prefix: text.prefix, hash: hash(text), terms, actor: principal.actor, at: now(),
                noting: note?.reading { row in row.map { .created($0.key, text: text.text) } ?? .unknown })
            if let row { return .created(row.key, text: text.text) }
        }
    }

    /// Gives a key other terms; one that is revoked has none any more.
    public func edit(
        id: Int64, _ terms: APIKeyTerms, by principal: Principal, noting note: WriteNote<APIKeyOutcome>? = nil
    ) async throws -> APIKeyOutcome {
        guard let before = try reader.key(id: id)?.key, before.revokedAt == nil else { return .unknown }
        guard principal.mayGive(terms.permissions.union(before.terms.permissions), products: terms.products),
            principal.mayGive([], products: before.terms.products)
        else { return .beyondYou }
        if case .key(id) = principal.identity { return .itself }
        let row = try await writer.editKey(
            id: id, from: before.terms, to: terms, actor: principal.actor, at: now(), noting: note?.reading { $0.map { .done($0.key) } ?? .unknown })
        found.remove(before.prefix)
        return row.map { .done($0.key) } ?? .unknown
    }

    /// Revokes a key for good; again, it changes nothing. A key does not revoke itself: whoever runs on it could not be told the outcome.
    public func revoke(id: Int64, by principal: Principal, noting note: WriteNote<APIKeyOutcome>? = nil) async throws -> APIKeyOutcome {
        guard let before = try reader.key(id: id)?.key else { return .unknown }
        if case .key(id) = principal.identity { return .itself }
        guard principal.mayGive(before.terms.permissions, products: before.terms.products) else { return .beyondYou }
        let row = try await writer.revokeKey(
            id: id, actor: principal.actor, at: now(), noting: note?.reading { $0.map { .done($0.key) } ?? .unknown })
        found.remove(before.prefix)
        return row.map { .done($0.key) } ?? .unknown
    }

    public func key(id: Int64) throws -> APIKey? { try reader.key(id: id).map(withUse) }

    /// Keys by descending id, at most `limit`, below the id `before`; the revoked too.
    public func list(before: Int64? = nil, limit: Int = 100) async throws -> [APIKey] {
        try await reader.keys(before: before, limit: limit).map(withUse)
    }

    /// Writes down the uses that still wait; called every minute and before the shop stops.
    public func flush() async { await uses.flush() }

    /// Who a key is; nil when it is nobody's, over, or used from an address that it is not for.
    func principal(_ given: String, address: String) async throws -> Principal? {
        guard let text = APIKeyText(given) else { return nil }
        let row: KeyRow
        do {
            row = try await found.value(text.prefix) { [reader] in
                guard let row = try reader.key(prefix: text.prefix) else { throw NoKey() }
                return row
            }
        } catch is NoKey { return nil }
        let (key, moment) = (row.key, now())
        guard SecretText.same(hash(text), row.hash), key.isLive(at: moment), key.terms.isFor(address) else { return nil }
        uses.note(key.id, at: moment)
        return Principal(.key(id: key.id), role: key.terms.role, scopes: key.terms.scopes, products: key.terms.products)
    }

    /// A fetch that throws is not remembered, so that made-up keys push no real ones out.
    private struct NoKey: Error {}

    private func hash(_ text: APIKeyText) -> [UInt8] { vault.index(text.text, field: "api_key") }

    private func withUse(_ row: KeyRow) -> APIKey {
        let key = row.key
        guard let used = uses.pending(key.id) else { return key }
        return APIKey(
            id: key.id, prefix: key.prefix, terms: key.terms, spent: key.spent, createdBy: key.createdBy, createdAt: key.createdAt, usedAt: used,
            revokedAt: key.revokedAt)
    }
}

extension KeyRow {
    /// What its texts and sets take on the heap, about.
    fileprivate var heapBytes: Int {
        let terms = key.terms
        let sets = (terms.scopes?.count ?? 0) * 2 + (terms.products?.count ?? 0) * 16 + (terms.addresses?.count ?? 0) * 32
        return key.prefix.utf8.count + terms.name.utf8.count + key.createdBy.utf8.count + hash.count + sets + 6 * 32
    }
}

extension APIKeyTerms {
    func isFor(_ address: String) -> Bool { addresses.map { $0.contains { $0.contains(address) } } ?? true }
}
