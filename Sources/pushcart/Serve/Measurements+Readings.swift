import Access
import Caching
import Domain
import Facilitators
import HTTPAPI
import Payments
import Sealing
import Storage
import Telemetry

/// What is read only when somebody looks.
extension Measurements {
    /// The process itself.
    func watchProcess(version: String) {
        ProcessMetrics().register(in: registry)
        registry.gauge("pushcart_build_info", help: "Always 1; the labels say what runs.", labels: [("version", version)]) { 1 }
    }

    func watch(_ writer: Writer, database path: String) {
        registry.counter("pushcart_writes_total", help: "Writes to the database.") { Double(writer.load.writes) }
        registry.counter("pushcart_commits_total", help: "Commits that these writes shared.") { Double(writer.load.commits) }
        registry.counter("pushcart_writer_processor_seconds_total", help: "Processor time of the writer.") {
            Double(writer.load.processorNanoseconds) / 1e9
        }
        registry.gauge("pushcart_writes_waiting", help: "Writes that wait for the writer.") { Double(writer.waiting) }
        for (name, path) in [("database", path), ("log", "\(path)-wal")] {
            registry.gauge("pushcart_database_bytes", help: "Size of the database's files.", labels: [("file", name)]) {
                FileStatus(at: path).map { Double($0.length) }
            }
        }
    }

    func watch(_ connections: ConnectionLimits, _ limiter: RateLimiter) {
        registry.gauge("pushcart_connections_open", help: "Open connections of the public listener.") { Double(connections.open) }
        registry.counter("pushcart_connections_turned_away_total", help: "Connections beyond the limits.") { Double(connections.turnedAway) }
        registry.counter("pushcart_rate_limit_forgotten_total", help: "Rate limit buckets that were forgotten while they counted.") {
            Double(limiter.forgotten)
        }
        for budget in RateLimitBudget.allCases where limiter.limits[budget] != nil {
            registry.counter(
                "pushcart_rate_limit_refusals_total", help: "Requests that a budget refused.", labels: [("budget", budget.rawValue)]
            ) { Double(limiter.refusals(budget)) }
        }
    }

    func watch(_ passwords: PasswordDesk) {
        registry.gauge("pushcart_passwords_waiting", help: "Passwords that wait to be hashed or compared.") { Double(passwords.waiting) }
    }

    func watch(_ offers: Offers) {
        for (option, _) in offers.options {
            let labels = [("network", "\(option.network)"), ("sandbox", "\(option.sandbox)")]
            registry.gauge("pushcart_network_shortfall", help: "1 while nothing can be paid on a network.", labels: labels) {
                offers.options.first { $0.option == option }.map { $0.shortfall == nil ? 0 : 1 }
            }
        }
    }

    func watch(_ chain: LocalFacilitator) {
        for option in chain.options {
            registry.gauge(
                "pushcart_chain_head_age_seconds", help: "Age of the newest block that a node told.", labels: [("network", "\(option.network)")]
            ) { chain.headAge.map { Double($0.components.seconds) } }
        }
    }

    /// - Parameter labels: what tells caches of one name apart.
    func watch(_ caches: [CacheMeter], labels: [(String, String)] = []) {
        for cache in caches {
            let (labels, load) = ([("cache", cache.name)] + labels, cache.load)
            registry.counter("pushcart_cache_hits_total", help: "Look-ups that a cache answered.", labels: labels) { Double(load().hits) }
            registry.counter("pushcart_cache_misses_total", help: "Look-ups that it could not answer.", labels: labels) { Double(load().misses) }
            registry.counter("pushcart_cache_evictions_total", help: "Good entries that had to make room.", labels: labels) {
                Double(load().evictions)
            }
            registry.gauge("pushcart_cache_entries", help: "Entries of a cache.", labels: labels) { Double(load().entries) }
            registry.gauge("pushcart_cache_bytes", help: "What its entries take in memory, about.", labels: labels) { Double(load().bytes) }
        }
    }

    /// The keys of personal data that are in memory.
    func watch(_ vault: Vault) {
        watch([
            CacheMeter("sealing-keys") {
                let memory = vault.memory
                var load = CacheLoad()
                (load.entries, load.hits, load.misses) = (memory.keys, memory.hits, memory.misses)
                // A key of 32 bytes with its box, under a subject.
                load.bytes = memory.keys * 128
                return load
            }
        ])
    }
}
