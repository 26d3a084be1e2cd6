import Foundation

/// Where the goods are to go, checked before anything is paid.
enum BuyDestination: Hashable, Sendable {
    case standardOutput
    /// A device or a pipe that the buyer named.
    case stream(String)
    /// A file that the buyer named; what stands there is replaced.
    case file(String, named: String)
    /// A name of the shop's choice in this folder; nothing is replaced.
    case folder(String)

    /// - Parameter output: of `--output`; nil for the current folder.
    init(_ output: String?) throws(CommandFailure) {
        guard let output else {
            try Self.checkFolder(".")
            self = .folder(".")
            return
        }
        guard output != "-" else {
            self = .standardOutput
            return
        }
        guard !output.isEmpty else { throw .refused("Nothing was paid: name a file after --output, or - for standard output.") }
        guard let status = FileStatus(at: output) else {
            guard errno == ENOENT, !output.hasSuffix("/") else { throw PrivateFile.failure("Nothing was paid: \(output) cannot be written") }
            try Self.checkFolder(PrivateFile.folder(of: output))
            self = .file(output, named: output)
            return
        }
        guard !status.isFolder else { throw .refused("Nothing was paid: \(output) is a folder; name a file in it after --output.") }
        guard status.isRegularFile else {
            self = .stream(output)
            return
        }
        // Through links to the file itself: renaming would replace the link.
        guard let real = realpath(output, nil) else { throw PrivateFile.failure("Nothing was paid: \(output) cannot be written") }
        defer { free(real) }
        let path = String(cString: real)
        try Self.checkFolder(PrivateFile.folder(of: path))
        self = .file(path, named: output)
    }

    private static func checkFolder(_ path: String) throws(CommandFailure) {
        guard access(path, W_OK | X_OK) == 0 else {
            throw PrivateFile.failure("Nothing was paid: files cannot be written in \(path == "." ? "the current folder" : path)")
        }
    }

    /// - Parameter tag: tells the parts of different purchases apart.
    func open(tag: String) throws(CommandFailure) -> BuySink {
        switch self {
        case .standardOutput: return BuySink(stream: 1)
        case .folder(let folder): return try BuySink(folder: folder, tag: tag)
        case .file(let path, _): return try BuySink(folder: PrivateFile.folder(of: path), tag: tag)
        case .stream(let path):
            let file = Glibc.open(path, O_WRONLY | O_CLOEXEC)
            guard file >= 0 else { throw PrivateFile.failure("\(path) cannot be written", exitCode: 75) }
            return BuySink(stream: file)
        }
    }

    /// Ends the sink that `open` gave.
    /// - Returns: under which name the goods are now; nil for a stream.
    func finish(_ sink: BuySink, name: String) throws(CommandFailure) -> String? {
        switch self {
        case .standardOutput, .stream:
            sink.finishStream()
            return nil
        case .file(let path, let named):
            try sink.finish(replacing: path)
            return named
        case .folder(let folder): return try sink.finish(in: folder, named: name)
        }
    }
}
