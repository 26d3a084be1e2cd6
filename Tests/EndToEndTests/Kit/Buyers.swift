import Foundation

/// The reference clients, as they come.
enum ReferenceBuyer: String, CaseIterable, Sendable {
    case v2httpx, v2requests, v1httpx, v1requests

    /// Buys and tells what buying.py prints of it; `goods` is what was saved.
    /// - Parameter options: more of buying.py, such as a method.
    func buy(_ url: String, _ wallet: Wallet, in scenario: Scenario, _ options: [String] = []) async throws -> (line: JSON, goods: Data?) {
        let pythons = try await Workshop.pythons
        let isV2 = self == .v2httpx || self == .v2requests
        let file = scenario.path("goods-\(rawValue)-\(UUID().uuidString)")
        let process = try await scenario.run(
            [
                isV2 ? pythons.v2 : pythons.v1, Workshop.tools + (isV2 ? "/buy_v2.py" : "/buy_v1.py"), url, "--key", wallet.key, "--client",
                rawValue.hasSuffix("httpx") ? "httpx" : "requests", "--out", file,
            ] + options)
        guard let line = try? JSON(parsing: process.output) else { throw Subprocess.Failure(description: "\(rawValue): \(process.errorText)") }
        return (line, FileManager.default.contents(atPath: file))
    }
}
