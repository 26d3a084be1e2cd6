public import Caching
public import Domain
public import Storage
import Synchronization

/// The shop's settings as they are now, in memory: read on every page, written seldom.
public final class SettingsBook: Sendable {
    private let state: Mutex<(settings: ShopSettings, looks: Int64)>
    private let writer: Writer
    private let now: WallClock

    /// - Parameter settings: as they are stored.
    public init(_ settings: ShopSettings, writer: Writer, now: @escaping WallClock) {
        state = Mutex((settings, 0))
        self.writer = writer
        self.now = now
    }

    public var current: ShopSettings {
        state.withLock { state in
            state.looks += 1
            return state.settings
        }
    }

    /// A cache of one entry that never misses, for whoever watches the process.
    public var meter: CacheMeter {
        CacheMeter("settings") { [self] in
            state.withLock { state in
                var load = CacheLoad()
                load.hits = state.looks
                load.entries = 1
                load.bytes = MemoryLayout<ShopSettings>.stride + state.settings.name.utf8.count + (state.settings.origin?.utf8.count ?? 0)
                return load
            }
        }
    }

    /// Sets how the shop is paid on a chain, from the next start on.
    public func set(_ network: ShopNetwork, actor: String, noting note: WriteNote<ShopNetwork>? = nil) async throws {
        try await writer.setNetwork(network, actor: actor, at: now(), noting: note)
    }

    /// Takes a chain out of use, from the next start on.
    public func remove(_ network: Network, actor: String, noting note: WriteNote<NetworkRemoval>? = nil) async throws -> NetworkRemoval {
        try await writer.removeNetwork(network, actor: actor, at: now(), noting: note)
    }

    /// Changes the settings if they are still those of `before`.
    public func edit(
        _ after: ShopSettings, of before: ShopSettings, actor: String, noting note: WriteNote<SettingsChange>? = nil
    ) async throws -> SettingsChange {
        let outcome = try await writer.editSettings(after, of: before, actor: actor, at: now(), noting: note)
        if case .changed(let settings) = outcome { state.withLock { $0.settings = settings } }
        return outcome
    }
}
