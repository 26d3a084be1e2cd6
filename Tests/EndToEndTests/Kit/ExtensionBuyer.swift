import Foundation

/// The reference client with its extensions, each call a process of its own.
enum ExtensionBuyer {
    /// Signs in, and pays nothing.
    static func signIn(_ url: String, _ wallet: Wallet, in scenario: Scenario) async throws -> (line: JSON, goods: Data?) {
        try await run([url, "--key", wallet.key], in: scenario)
    }

    /// Pays under an identifier.
    static func pay(_ url: String, _ wallet: Wallet, identifier: String, in scenario: Scenario) async throws -> (line: JSON, goods: Data?) {
        try await run([url, "--key", wallet.key, "--identifier", identifier], in: scenario)
    }

    private static func run(_ arguments: [String], in scenario: Scenario) async throws -> (line: JSON, goods: Data?) {
        let file = scenario.path("goods-\(UUID().uuidString)")
        let process = try await scenario.run(
            [try await Workshop.signInPython, Workshop.tools + "/siwx.py"] + arguments + ["--out", file])
        guard let line = try? JSON(parsing: process.output) else { throw Subprocess.Failure(description: process.errorText) }
        return (line, FileManager.default.contents(atPath: file))
    }
}
