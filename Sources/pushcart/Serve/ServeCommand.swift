import Access
import ArgumentParser
import Domain
import Foundation
import HTTPAPI
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Storage
import Telemetry
import UnixSignals

/// `pushcart serve`: the daemon in the foreground.
struct ServeCommand: AsyncParsableCommand, ShopCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Run the shop in the foreground.",
        discussion: """
            Makes the shop at first use; until a network is set up it takes practice money. Stops on SIGTERM or Ctrl-C, after what was accepted.

            Example:
              pushcart serve --data ./pushcart-data --listen 127.0.0.1:4020
            """)

    @Option(name: .long, help: ArgumentHelp("The machine's settings.", valueName: "file")) var config: String?
    @Option(name: .long, help: ArgumentHelp("The shop's directory.", valueName: "dir")) var data: String?
    @Option(name: .long, help: ArgumentHelp("Where to listen (default 127.0.0.1:4020).", valueName: "host:port")) var listen: String?
    @Option(name: .long, help: ArgumentHelp("Where measurements are given to whoever asks.", valueName: "host:port")) var metricsListen: String?

    func run() async throws {
        umask(0o077)
        signal(SIGPIPE, SIG_IGN)
        Self.raiseFileLimit()
        var machine = try await MachineSettings.read(file: config)
        if let listen { try machine.set(listen: listen) }
        if let metricsListen { machine.metrics = try MachineSettings.address(metricsListen) }
        let path = data ?? machine.data ?? DataDirectory.standard
        guard let directory = try DataDirectory.take(path, create: true) else { throw DataDirectory.busy(path) }
        let log = Logs.make(level: machine.logLevel)
        let assembly = try ShopAssembly(directory, machine, port: machine.port, log: log)
        do {
            try await assembly.prepare()
            try await serve(assembly, machine, directory, log)
        } catch {
            try? await assembly.close()  // the first error is the one to tell
            throw Self.explain(error, machine)
        }
        try await assembly.close()
    }

    private func serve(_ assembly: ShopAssembly, _ machine: MachineSettings, _ directory: DataDirectory, _ log: Logger) async throws {
        let shop = assembly.shop
        let control = ControlServer.application(shop, path: try DataDirectory.socketPath(directory.path), log: log)
        var quiet = log
        quiet.logLevel = max(log.logLevel, .notice)
        let isEmpty = try await shop.reader.products(states: [.published], limit: 1).isEmpty
        let setupLink = try await assembly.firstSetupLink()
        let front = Application(
            router: shop.publicRouter,
            server: HTTPServerBuilder.http1(
                .init(
                    idleTimeout: .seconds(75),
                    httpDecoderConfiguration: .init(maxHeaderFieldSize: 32_768, maxHeaderListSize: 65_536, maxHeaderFieldCount: 200)),
                on: MultiThreadedEventLoopGroup.singleton, limits: assembly.connections),
            configuration: ApplicationConfiguration(
                address: .hostname(machine.host, port: machine.port), serverName: "pushcart", backlog: 1024),
            onServerRunning: { channel in
                let port = channel.localAddress?.port ?? machine.port
                ServeLog.announce(shop, listening: machine.standardOrigin(port: port), isEmpty: isEmpty, directory: directory.path, setupLink)
            }, logger: quiet)
        // Stopped in the opposite order: first the door, last what finishes payments.
        var group = ServiceGroupConfiguration(
            services: (assembly.services + [control, front] + Self.metrics(shop, machine, quiet)).map { .init(service: $0) },
            gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet)
        group.maximumGracefulShutdownDuration = .seconds(30)
        try await ServiceGroup(configuration: group).run()
    }

    /// The listener for measurements, where one is wanted.
    private static func metrics(_ shop: Shop, _ machine: MachineSettings, _ log: Logger) -> [any Service] {
        guard let (host, port) = machine.metrics else { return [] }
        return [
            Application(
                router: shop.metricsRouter, configuration: ApplicationConfiguration(address: .hostname(host, port: port), serverName: "pushcart"),
                logger: log)
        ]
    }

    /// As many open files as the system lets us have: every connection is one.
    private static func raiseFileLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = min(limit.rlim_max, 65_536)
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    private static func explain(_ error: any Error, _ machine: MachineSettings) -> any Error {
        if let error = error as? IOError, error.errnoCode == EADDRINUSE {
            return CommandFailure.refused("Something else listens on \(machine.host):\(machine.port); choose another address with --listen.")
        }
        if let error = error as? IOError, error.errnoCode == EACCES {
            return CommandFailure(
                exitCode: 77, sentence: "Listening on port \(machine.port) is not allowed for this user; choose one above 1023 with --listen.")
        }
        return error
    }
}

/// What the daemon says to whoever started it, on standard error.
enum ServeLog {
    static func announce(_ shop: Shop, listening: String, isEmpty: Bool, directory: String, _ setupLink: String?) {
        var text = "Pushcart \(shop.version) is open at \(listening)"
        if shop.origin != listening { text += " (publicly \(shop.origin))" }
        text += shop.isPractice ? ", taking practice money.\n" : ".\n"
        if isEmpty {
            text +=
                "Nothing is for sale yet. Add something: pushcart product add --data \(directory) --slug hello --title \"Hello\" --price 0.01 --article text.md\n"
        }
        if let setupLink { text += "This shop has no owner yet. Set a password:\n\(setupLink)\n" }
        FileHandle.standardError.write(Data(text.utf8))
    }
}
