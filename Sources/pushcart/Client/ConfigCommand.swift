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
            output.write(.object(try await MachineSettings.read(file: config).json)) { value in
                (value.object?.members ?? []).flatMap { Self.lines($0.key, $0.value) }.joined(separator: "\n")
            }
        }

        /// A line for each value; what is below a key is written with its path.
        static func lines(_ key: String, _ value: JSONValue) -> [String] {
            switch value {
            case .object(let object): object.members.flatMap { lines("\(key).\($0.key)", $0.value) }
            case .array(let list): ["\(key): \(list.compactMap(\.string).joined(separator: ", "))"]
            case .string(let text): ["\(key): \(text)"]
            case .null: []
            default: ["\(key): \(value.text)"]
            }
        }
    }
}
