import ArgumentParser
import Domain
import JSON
import Logging

struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Check and show the machine's settings.", discussion: "Example:\n  pushcart config check",
        subcommands: [Check.self, Show.self])

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say whether the settings can be used.", discussion: "Example:\n  pushcart config check --config /etc/pushcart/pushcart.yaml")
        @Option(name: .long, help: ArgumentHelp("The machine's settings.", valueName: "file")) var config: String?

        func run() async throws {
            _ = try await MachineSettings.read(file: config)
            print("The settings are fine.")
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show the settings as they are used.", discussion: "Example:\n  pushcart config show --json")
        @Option(name: .long, help: ArgumentHelp("The machine's settings.", valueName: "file")) var config: String?
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let machine = try await MachineSettings.read(file: config)
            let json: JSONObject = [
                "listen": .string("\(machine.host):\(machine.port)"), "origin": .string(machine.origin ?? machine.standardOrigin(port: machine.port)),
                "data": .string(machine.data ?? DataDirectory.standard), "log-level": .string(machine.logLevel.rawValue),
                "settlement-wait": .string("\(Double(machine.settlementWait.inMilliseconds) / 1000)"),
                "rate-limit": .string(machine.isRateLimited ? "on" : "off"), "access-log": .string(machine.logsAccess ? "on" : "off"),
                "trace": .string(machine.traces ? "on" : "off"),
                "networks": .array(
                    machine.networks.map { ["chain-id": .integer($0.chainID), "rpc-urls": .array($0.rpcURLs.map(JSONValue.string))] }),
            ]
            output.write(.object(json)) { value in
                (value.object?.members ?? []).map { member in
                    if let networks = member.value.array {
                        return networks.map {
                            "network \($0["chain-id"]?.int64 ?? 0): \(($0["rpc-urls"]?.array ?? []).compactMap(\.string).joined(separator: ", "))"
                        }
                        .joined(separator: "\n")
                    }
                    return "\(member.key): \(member.value.string ?? "")"
                }.filter { !$0.isEmpty }.joined(separator: "\n")
            }
        }
    }
}
