import Glibc
import NIOCore

/// Where the bytes of goods go: a file that takes its name only when it is whole, or a stream.
final class BuySink {
    private let file: Int32
    private let temporary: String?
    /// How many bytes are there.
    private(set) var count: Int64 = 0
    private var isOpen = true

    /// A file without its name yet, in that folder; `tag` tells the parts of different purchases apart.
    init(folder: String, tag: String) throws(CommandFailure) {
        let path = "\(folder)/.pushcart-\(tag).part"
        unlink(path)  // what an earlier run left half done
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o666)
        guard file >= 0 else { throw PrivateFile.failure("The goods cannot be written in \(folder)", exitCode: 75) }
        self.file = file
        temporary = path
    }

    /// A stream such as standard output or a pipe.
    init(stream: Int32) {
        file = stream
        temporary = nil
    }

    deinit { abandon() }

    func write(_ chunk: ByteBuffer) throws(CommandFailure) {
        let isWritten = chunk.withUnsafeReadableBytes { PrivateFile.writeAll($0, to: file) }
        guard isWritten else { throw failure() }
        count += Int64(chunk.readableBytes)
    }

    /// Whether it could begin anew; a stream cannot take back what it gave.
    func restart() -> Bool {
        if count == 0 { return true }
        guard temporary != nil, ftruncate(file, 0) == 0, lseek(file, 0, SEEK_SET) == 0 else { return false }
        count = 0
        return true
    }

    /// Gives the file its name, whatever stands there.
    func finish(replacing path: String) throws(CommandFailure) {
        try finish { temporary in rename(temporary, path) == 0 }
        try synchronize(PrivateFile.folder(of: path))
    }

    /// Gives the file the first free name of `name`, `name (1)` and so on.
    /// - Returns: the name that it got.
    func finish(in folder: String, named name: String) throws(CommandFailure) -> String {
        for number in 0..<10_000 {
            let free = BuyFilename.numbered(name, number)
            let path = "\(folder)/\(free)"
            // The empty file reserves the name, on every file system.
            let reserved = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o666)
            if reserved < 0, errno == EEXIST { continue }
            guard reserved >= 0 else { throw failure() }
            close(reserved)
            try finish { temporary in rename(temporary, path) == 0 }
            try synchronize(folder)
            return free
        }
        throw .tryAgain("There are too many files named like \(name) here; move them away and run the same command again.")
    }

    /// Ends a stream.
    func finishStream() {
        guard isOpen else { return }
        isOpen = false
        if file > 2 { close(file) }
    }

    private func finish(_ name: (String) -> Bool) throws(CommandFailure) {
        guard let temporary, fsync(file) == 0, name(temporary) else { throw failure() }
        isOpen = false
        close(file)
    }

    private func synchronize(_ folder: String) throws(CommandFailure) {
        do { try PrivateFile.synchronize(folder: folder) } catch { throw .tryAgain(error.sentence) }
    }

    private func failure() -> CommandFailure {
        let cause = String(cString: strerror(errno))
        return .tryAgain("The goods could not be written: \(cause). Put that right and run the same command again.")
    }

    /// Drops what is there.
    private func abandon() {
        guard isOpen else { return }
        isOpen = false
        if file > 2 { close(file) }
        if let temporary { unlink(temporary) }
    }
}
