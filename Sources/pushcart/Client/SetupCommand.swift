import Access
import ArgumentParser
import Domain
import Foundation
import HTTPAPI
import Logging
import Sealing
import Storage
import Telemetry

/// `pushcart setup`: the owner, and where the money goes.
struct SetupCommand: AsyncParsableCommand, ShopCommand {
    static let configuration = CommandConfiguration(
        commandName: "setup", abstract: "Set up the owner and how the shop is paid.",
        discussion: """
            Without --network the shop takes practice money only. May be run again; the daemon must be stopped.

            Example:
              pushcart setup --data ./pushcart-data --email me@example.com --password-file password.txt \\
                --network eip155:8453 --pay-to 0x… --rpc-url https://… --settler-key-file fees.key \\
                --refund-key-file refunds.key
              pushcart setup --email me@example.com --password-file password.txt --network eip155:8453 --pay-to 0x… \\
                --facilitator-url https://… --facilitator-token-file token.txt
            """)

    @Option(name: .long, help: ArgumentHelp("The shop's directory.", valueName: "dir")) var data: String?
    @Option(name: .long, help: ArgumentHelp("The machine's settings, where other networks are described.", valueName: "file")) var config: String?
    @Option(name: .long, help: "The owner's mail address.") var email: String?
    @Option(name: .long, help: ArgumentHelp("A file with the owner's password.", valueName: "file")) var passwordFile: SecretFile?
    @Option(name: .long, help: ArgumentHelp("The public address, such as https://shop.example.", valueName: "url")) var origin: String?
    @Option(name: .long, help: "The shop's name.") var name: String?
    @Option(name: .long, help: ArgumentHelp("Take real money on this chain.", valueName: "caip2")) var network: String?
    @Option(name: .long, help: ArgumentHelp("Where the money goes: your wallet's address.", valueName: "0x…")) var payTo: String?
    @Option(name: .long, help: ArgumentHelp("A node of the chain.", valueName: "url")) var rpcURL: String?
    @Option(name: .long, help: ArgumentHelp("The key that pays network fees; keep little on it.", valueName: "file")) var settlerKeyFile: SecretFile?
    @Option(
        name: .long, help: ArgumentHelp("The key of the wallet that refunds are paid from; another one than that of fees.", valueName: "file"))
    var refundKeyFile: SecretFile?
    @Option(name: .long, help: ArgumentHelp("A payment service that settles instead of you, by the x402 facilitator interface.", valueName: "url"))
    var facilitatorURL: String?
    @Option(name: .long, help: ArgumentHelp("What that service knows you by: a token, or the JSON file of a key.", valueName: "file"))
    var facilitatorTokenFile: SecretFile?

    func validate() throws {
        if network == nil, payTo != nil || rpcURL != nil || settlerKeyFile != nil || facilitatorURL != nil || refundKeyFile != nil {
            throw ValidationError(
                "--pay-to, --rpc-url, --settler-key-file, --refund-key-file and --facilitator-url need --network, such as --network eip155:8453.")
        }
        if facilitatorTokenFile != nil, facilitatorURL == nil { throw ValidationError("--facilitator-token-file needs --facilitator-url.") }
    }

    func run() async throws {
        umask(0o077)
        let machine = try await MachineSettings.read(file: config)
        let email = try email ?? Self.ask("Your mail address", secret: false, option: "--email")
        guard let address = MailAddress(email) else { throw CommandFailure(exitCode: 2, sentence: "“\(email.prefix(80))” is no mail address.") }
        let password = try passwordFile?.firstLine() ?? Self.ask("A password", secret: true, option: "--password-file")
        if let refusal = PasswordRule.refusal(password, email: address) { throw CommandFailure(exitCode: 2, sentence: refusal.description) }
        let draft = try draft(machine)
        let origin = try origin.map(MachineSettings.origin)
        let path = data ?? machine.data ?? DataDirectory.standard
        guard let directory = try DataDirectory.take(path, create: true) else {
            throw CommandFailure.tryAgain("The shop in \(DataDirectory.absolute(path)) is running; stop it, then run the same command again.")
        }
        let database: ShopDatabase
        do { database = try ShopDatabase(path: directory.database) } catch let error as StorageError {
            throw CommandFailure.refused(error.description)
        }
        var settings = try database.reader.settings()
        if let name { settings.name = name }
        if let origin { settings.origin = origin }
        let vault = try ShopAssembly.vault(directory)
        let networks = NetworkSetup(machine: machine, directory: directory, vault: vault)
        let network = try draft.map { try networks.make($0, before: nil) }
        let access = try AccessDesk(
            database: database, vault: vault, issuer: settings.origin ?? "", shopName: settings.name, log: Logs.make(level: .warning),
            now: ShopAssembly.wallClock)
        guard
            case .done = try await access.people.setUp(
                email: address, password: password, settings: settings, network: network, actor: "local:\(getuid())")
        else { throw CommandFailure.refused("The owner could not be stored; run the same command again.") }
        try vault.close()
        try database.close()
        print(
            """
            The shop in \(directory.path) is set up\(draft.map { ": paid on \($0.network)" } ?? " with practice money").
            Open it:  pushcart serve --data \(directory.path)
            """)
    }

    /// What was said of the network, checked before anything is stored; nil without one.
    private func draft(_ machine: MachineSettings) throws -> NetworkDraft? {
        guard let text = network else { return nil }
        guard let network = Network(caip2: text) else {
            throw CommandFailure(exitCode: 2, sentence: "“\(text.prefix(80))” is no network; write it like eip155:8453.")
        }
        let key = try settlerKeyFile.map { try $0.firstLine().trimmingCharacters(in: .whitespaces) }
        let draft = NetworkDraft(
            network: network, payTo: payTo ?? "", rpcURL: rpcURL, settlerKey: key, facilitatorURL: facilitatorURL,
            facilitatorToken: try facilitatorTokenFile?.whole().trimmingCharacters(in: .whitespacesAndNewlines),
            refundKey: try refundKeyFile.map { try $0.firstLine().trimmingCharacters(in: .whitespaces) })
        do { _ = try NetworkSetup.check(draft, machine, before: nil) } catch {
            switch error.field {
            case .settlerKey where key != nil:
                throw CommandFailure.refused("\(settlerKeyFile?.path ?? "") holds no private key; a key is 64 hexadecimal digits.")
            case .settlerKey:
                throw CommandFailure(exitCode: 2, sentence: "Name the key that pays network fees: --settler-key-file FILE.")
            case .payTo where payTo == nil: throw CommandFailure(exitCode: 2, sentence: "Say where the money goes: --pay-to 0x…")
            case .rpcURL where rpcURL == nil: throw CommandFailure(exitCode: 2, sentence: "Name a node of the chain: --rpc-url URL.")
            case .refundKey: throw CommandFailure.refused("\(refundKeyFile?.path ?? ""): \(error.sentence)")
            case .facilitatorToken: throw CommandFailure.refused("\(facilitatorTokenFile?.path ?? ""): \(error.sentence)")
            case .rpcURL, .payTo, .network, .facilitatorURL: throw CommandFailure(exitCode: 2, sentence: error.sentence)
            }
        }
        return draft
    }

    // MARK: Questions

    private static func ask(_ question: String, secret: Bool, option: String) throws -> String {
        guard isatty(STDIN_FILENO) == 1 else { throw CommandFailure(exitCode: 2, sentence: "\(question) is missing; give \(option).") }
        FileHandle.standardError.write(Data("\(question): ".utf8))
        var terminal = termios()
        if secret {
            tcgetattr(STDIN_FILENO, &terminal)
            var silent = terminal
            silent.c_lflag &= ~tcflag_t(ECHO)
            tcsetattr(STDIN_FILENO, TCSANOW, &silent)
        }
        let answer = readLine() ?? ""
        if secret {
            tcsetattr(STDIN_FILENO, TCSANOW, &terminal)
            FileHandle.standardError.write(Data("\n".utf8))
        }
        return answer
    }
}

/// A file that is read when the command is parsed, before the process may become a user who cannot.
struct SecretFile: ExpressibleByArgument {
    let path: String
    private let text: String?

    init(argument: String) {
        path = argument
        let bytes = FileManager.default.contents(atPath: argument)
        text = bytes.flatMap { $0.count <= 65_536 ? String(validating: $0, as: UTF8.self) : nil }
    }

    /// - Throws: `CommandFailure` when the file could not be read.
    func whole() throws -> String {
        guard let text else { throw CommandFailure.refused("\(path) cannot be read as text.") }
        return text
    }

    /// - Throws: `CommandFailure` when the file could not be read.
    func firstLine() throws -> String { String(try whole().prefix { !$0.isNewline }) }
}
