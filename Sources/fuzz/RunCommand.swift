import ArgumentParser

/// Tries one target after another, each for a while.
struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Try targets on random input.",
        discussion: "Example:\n  fuzz run --target rlp --seed 7 --seconds 10\n  fuzz run --target rlp --seed 7 --case 1234")
    @Option(name: .long, help: "Only this one.") var target: String?
    @Option(name: .long, help: "What all random numbers come from.") var seed: UInt64 = 1
    @Option(name: .long, help: "For how long each target is tried.") var seconds: Double = 1
    @Option(name: .customLong("case"), help: "Run this case alone.") var number: UInt64?
    @Option(name: .long, help: "A file in which the number of the running case stands.") var trail: String?
    @Flag(name: .long, help: "Only list the targets.") var list = false

    func run() throws {
        let targets = FuzzTarget.all.filter { target == nil || $0.name == target }
        guard !targets.isEmpty else { throw ValidationError("There is no target “\(target ?? "")”; there are \(FuzzTarget.all.map { $0.name }).") }
        if list { return print(targets.map { $0.name }.joined(separator: "\n")) }
        let trail = FuzzTrail(path: trail)
        for target in targets {
            if let number {
                try attempt(target, number)
                print("\(target.name): case \(number) holds")
                continue
            }
            let end = ContinuousClock.now + .seconds(seconds)
            var count: UInt64 = 0
            repeat {
                // The clock is looked at now and then.
                for _ in 0..<64 {
                    trail.note(count)
                    try attempt(target, count)
                    count += 1
                }
            } while ContinuousClock.now < end
            print("\(target.name)\t\(count)")
        }
    }

    private func attempt(_ target: FuzzTarget, _ number: UInt64) throws {
        var random = FuzzRandom(seed: seed, target: target.name, number: number)
        do { try target.run(&random) } catch {
            print("\(target.name): \(error)\n  again: fuzz run --target \(target.name) --seed \(seed) --case \(number)")
            throw ExitCode.failure
        }
    }
}
