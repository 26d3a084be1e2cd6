import ArgumentParser

/// What `scripts/fuzz` runs: seeded random input for everything that reads bytes from outside, and answers for whoever compares ours with
/// another implementation's. Not shipped.
@main
struct Fuzz: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fuzz", abstract: "Random input for parsers, by a seed.", subcommands: [RunCommand.self, AnswerCommand.self])
}
