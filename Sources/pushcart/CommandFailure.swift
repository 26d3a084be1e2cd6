/// How a command ends when it cannot do what it was asked: the exit code, and one sentence for standard error that says what to do.
struct CommandFailure: Error, Hashable, CustomStringConvertible {
    /// 1 refused or failed, 2 wrong usage, 69 daemon not reachable, 75 try again with the same command, 77 no permission.
    let exitCode: Int32
    let sentence: String

    init(exitCode: Int32, sentence: String) {
        self.exitCode = exitCode
        self.sentence = sentence
    }

    var description: String { sentence }

    /// Refused or failed: exit code 1.
    static func refused(_ sentence: String) -> CommandFailure { CommandFailure(exitCode: 1, sentence: sentence) }

    /// The same command may succeed later: exit code 75.
    static func tryAgain(_ sentence: String) -> CommandFailure { CommandFailure(exitCode: 75, sentence: sentence) }
}
