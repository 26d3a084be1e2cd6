import Domain
import EVM
import Facilitators
import JSON
import Logging
import X402EVM

extension MachineSettings {
    /// Every setting as it is used, by the file's keys; null where nothing is set. Of payment services only the hosts: the rest of an
    /// address may hold a key.
    var json: JSONObject {
        [
            "listen": .string("\(host):\(port)"), "origin": .string(origin ?? standardOrigin(port: port)),
            "data": .string(data ?? DataDirectory.standard), "log-level": .string(logLevel.rawValue),
            "settlement-wait": .string("\(Double(settlementWait.inMilliseconds) / 1000)"),
            "rate-limit": .string(isRateLimited ? "on" : "off"), "access-log": .string(logsAccess ? "on" : "off"),
            "trace": .string(traces ? "on" : "off"), "trusted-proxies": .array(trustedProxies.map { .string($0.description) }),
            "upstream-hosts": .array(upstreamHosts.map { .string($0) }),
            "metrics-listen": metrics.map { .string("\($0.host):\($0.port)") } ?? .null,
            "networks": .object(JSONObject(zip(networkNames, networks).map { ($0, .object($1.json)) })),
        ]
    }
}

extension NetworkSettings {
    var json: JSONObject {
        let token = preset?.token
        func text(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }
        return [
            "chain-id": .integer(chainID), "name": text(preset?.name), "rpc-urls": .array(rpcURLs.map { .string($0) }),
            "explorer": text(preset?.explorer), "facilitator-urls": .array(facilitators.map { .string($0.host) }),
            "facilitator-daily-limit": .string(facilitatorDailyLimit),
            "finality-depth": text(finality.map { if case .blocks(let count) = $0 { "\(count)" } else { "finalized" } }),
            "asset": [
                "address": text(token?.address.checksummed), "symbol": text(token?.symbol),
                "decimals": token.map { .integer($0.decimals) } ?? .null, "currency": text(token?.currency), "domain-name": text(token?.domainName),
                "domain-version": text(token?.domainVersion),
            ],
            "refunds": ["daily-count": .integer(refundDailyCount), "daily-amount": .string(refundDailyAmount)],
            "fees": [
                "coin-price": .integer(fees.coinPrice), "maximum-loss": .integer(fees.maximumLoss),
                "daily-budget": fees.dailyBudget.map { Self.coins($0) } ?? .null, "cap-per-settlement": Self.coins(fees.capPerSettlement),
            ],
        ]
    }

    /// Wei as whole coins, such as `0.05`.
    private static func coins(_ wei: UInt128) -> JSONValue { .string(LedgerUnit(symbol: "", decimals: 18).decimal(AtomicAmount(wei))) }
}
