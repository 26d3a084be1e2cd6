import ArgumentParser
import Hummingbird
import Logging

/// The other side of `scripts/bench`: what the shop is compared with, and what it is fed. Not shipped.
@main
struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench", abstract: "Servers and payments for scripts/bench.",
        subcommands: [PlaintextCommand.self, VerifyCommand.self, ChainCommand.self, SignCommand.self])
}

/// The framework alone: the same server, an answer of one line.
struct PlaintextCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "plaintext", abstract: "Answer one line.")
    @Argument var port: Int

    func run() async throws {
        let router = Router()
        router.get("/") { _, _ in "ok\n" }
        try await BenchServer.run(router, port: port)
    }
}

enum BenchServer {
    static func run(_ router: Router<BasicRequestContext>, port: Int) async throws {
        var log = Logger(label: "bench")
        log.logLevel = .error
        try await Application(
            router: router, configuration: .init(address: .hostname("127.0.0.1", port: port), serverName: "bench", backlog: 1024), logger: log
        ).runService()
    }
}
