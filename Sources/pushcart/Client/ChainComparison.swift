import Foundation
import JSON

/// What comparing the ledger with one chain came to, step by step.
struct ChainComparison: Sendable {
    let network: String
    private(set) var through: Int64?
    private(set) var transfers: Int64 = 0
    private(set) var sales: Int64 = 0
    private(set) var foreign: Int64 = 0
    private(set) var findings: [String] = []
    /// Why it stopped, and whether that passes.
    private(set) var problem: (sentence: String, passes: Bool)?

    /// Compares every chain of the shop to its newest final block; what goes on is told on standard error.
    /// - Parameter from: the first block; else each goes on where it ended.
    static func run(_ client: ControlClient, from: UInt64?) async throws -> [ChainComparison] {
        var comparisons: [ChainComparison] = []
        var network: String?
        repeat {
            let path = "/api/v1/ledger/chain-check" + (network.map { "?network=\($0)" } ?? "")
            var next = from.map { Int64(clamping: $0) }
            var comparison: ChainComparison?
            while true {
                let separator = path.contains("?") ? "&" : "?"
                // Nodes that are slow are asked several times.
                let step = try await client.send(.post, path + (next.map { "\(separator)from=\($0)" } ?? ""), timeout: .seconds(600))
                // Practice money is on no chain.
                guard let name = step["network"]?.string else { return comparisons }
                var known = comparison ?? ChainComparison(network: name)
                known.add(step)
                comparison = known
                network = step["following"]?.string
                next = step["next"]?.int64
                if step["done"]?.bool == true || step["problem"] != nil { break }
                if let next, let final = step["final"]?.int64 {
                    FileHandle.standardError.write(Data("Comparing \(name) … block \(next) of \(final)\n".utf8))
                }
            }
            if let comparison { comparisons.append(comparison) }
        } while network != nil
        return comparisons
    }

    private init(network: String) { self.network = network }

    private mutating func add(_ step: JSONValue) {
        through = step["through"]?.int64 ?? through
        transfers += step["transfers"]?.int64 ?? 0
        sales += step["sales"]?.int64 ?? 0
        foreign += step["foreign"]?.int64 ?? 0
        // Bounded, however much is wrong.
        if findings.count < 100 { findings += step["findings"]?.array?.compactMap(\.string) ?? [] }
        problem = step["problem"]?.string.map { ($0, step["problemPasses"]?.bool == true) }
    }

    var sentence: String {
        let place = through.map { " up to block \($0)" } ?? ", where nothing new is final"
        let listed = foreign == 0 ? "" : " \(foreign) that nobody announced are listed: “pushcart ledger list --kind foreign”."
        return "\(network) agrees\(place): \(transfers) transfers, \(sales) of them sales.\(listed)"
    }

    private var json: JSONValue {
        var json: JSONObject = [
            "network": .string(network), "transfers": .integer(transfers), "sales": .integer(sales), "foreign": .integer(foreign),
            "findings": .array(findings.map(JSONValue.string)),
        ]
        if let through { json["through"] = .integer(through) }
        if let problem { json["problem"] = .string(problem.sentence) }
        return .object(json)
    }

    /// The report of the ledger with the chains in it; clean when both are.
    static func whole(_ ledger: JSONValue, _ chains: [ChainComparison]) -> JSONValue {
        var report = ledger.object ?? [:]
        report["chains"] = .array(chains.map(\.json))
        report["clean"] = .bool(ledger["clean"]?.bool == true && chains.allSatisfy { $0.findings.isEmpty && $0.problem == nil })
        return .object(report)
    }
}
