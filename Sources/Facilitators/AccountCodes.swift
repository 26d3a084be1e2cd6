import Caching
import EVM
import JSON

/// Which accounts are contracts, for a minute; look-ups are limited, for strangers cause them.
struct AccountCodes: Sendable {
    private let rpc: RPCClient
    private let cache = Cache<EVMAddress, Bool>("account-codes", limit: 4096, bytes: 1 << 20, lifetime: .seconds(60)) { _, _ in 52 }
    private let lookUps = LookUpLimit(perSecond: 20)

    init(_ rpc: RPCClient) { self.rpc = rpc }

    var meter: CacheMeter { cache.meter }

    func known(_ address: EVMAddress) -> Bool? { cache.value(address) }
    func remember(_ address: EVMAddress, hasCode: Bool) { cache.store(hasCode, for: address) }

    /// Whether an account is a contract; nil when too many were asked for just now.
    func hasCode(_ address: EVMAddress) async throws -> Bool? {
        if let known = cache.value(address) { return known }
        guard lookUps.allows() else { return nil }
        let rpc = rpc
        return try await cache.value(address) {
            guard let code = try await rpc.call("eth_getCode", .string(address.hex), "latest").data else {
                throw RPCSilence(description: "the node's code of an account is no data")
            }
            return !code.isEmpty
        }
    }
}
