import Foundation

/// Files that only their owner may read: keys and signed payments. Every failure is one sentence for people.
enum PrivateFile {
    /// The content; nil when there is no such file.
    /// - Throws: `CommandFailure`, also when others may read it: then whatever it protects is not safe any more.
    static func read(_ path: String, what: String, limit: Int) throws(CommandFailure) -> [UInt8]? {
        // Without blocking, so that a pipe put in a file's place holds nobody up.
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else {
            if errno == ENOENT { return nil }
            throw failure("The \(what) \(path) cannot be opened")
        }
        defer { close(file) }
        guard let status = FileStatus(of: file) else { throw failure("The \(what) \(path) cannot be read") }
        guard status.isRegularFile else { throw .refused("The \(what) \(path) is not a file; name a file.") }
        guard !status.isOpenToOthers else {
            throw .refused("The \(what) \(path) can be read by others; run: chmod 600 \(quoted(path))")
        }
        var bytes = [UInt8](repeating: 0, count: limit + 1)
        var count = 0
        while count < bytes.count {
            let got = bytes.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress! + count, $0.count - count) }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw failure("The \(what) \(path) cannot be read") }
            if got == 0 { break }
            count += got
        }
        guard count <= limit else { throw .refused("The \(what) \(path) is longer than \(limit) bytes; it cannot be one.") }
        return Array(bytes.prefix(count))
    }

    /// Puts the content in place as a whole or not at all; when this returns, it survives a power cut. One writer at a time.
    static func write(_ bytes: [UInt8], to path: String) throws(CommandFailure) {
        // One writer at a time, so what an earlier one left half done is overwritten and does not pile up.
        let temporary = "\(path).new"
        unlink(temporary)
        try write(bytes, new: temporary)
        guard rename(temporary, path) == 0 else {
            let problem = failure("\(path) cannot be written")
            unlink(temporary)
            throw problem
        }
        try synchronize(folder: folder(of: path))
    }

    /// Makes the file unless there is one; of several at once, one wins and all see the same content afterwards.
    static func create(_ bytes: [UInt8], at path: String) throws(CommandFailure) {
        let temporary = "\(path).\(UInt64.random(in: .min ... .max)).new"
        try write(bytes, new: temporary)
        let made = link(temporary, path) == 0
        let problem = made || errno == EEXIST ? nil : failure("\(path) cannot be made")
        unlink(temporary)
        if let problem { throw problem }
        try synchronize(folder: folder(of: path))
    }

    /// Fine when there is none.
    static func remove(_ path: String) throws(CommandFailure) {
        guard unlink(path) == 0 || errno == ENOENT else { throw failure("\(path) cannot be removed") }
        try synchronize(folder: folder(of: path))
    }

    /// Makes the folder and those above it, for their owner alone. Fine when it is there.
    static func makeFolder(_ path: String) throws(CommandFailure) {
        let parent = folder(of: path)
        var isMade = mkdir(path, 0o700) == 0
        if !isMade, errno == ENOENT, path != parent {
            try makeFolder(parent)
            isMade = mkdir(path, 0o700) == 0
        }
        if isMade { return try synchronize(folder: parent) }
        guard errno == EEXIST else { throw failure("The folder \(path) cannot be made") }
    }

    /// Takes the permissions of others from a folder of ours.
    static func closeFolder(_ path: String) throws(CommandFailure) {
        guard let status = FileStatus(at: path), status.isFolder else { throw .refused("\(path) is not a folder; move it away.") }
        guard status.isOpenToOthers else { return }
        guard chmod(path, 0o700) == 0 else { throw failure("The folder \(path) is open to others and cannot be closed") }
    }

    /// A path as a shell wants it.
    static func quoted(_ path: String) -> String {
        let plain = path.utf8.allSatisfy { (0x61...0x7A).contains($0 | 0x20) || (0x2D...0x39).contains($0) || $0 == UInt8(ascii: "_") }
        return plain && !path.isEmpty ? path : "'\(path.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''"))'"
    }

    static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// With the cause that the system gave last.
    static func failure(_ what: String, exitCode: Int32 = 1) -> CommandFailure {
        CommandFailure(exitCode: exitCode, sentence: "\(what): \(String(cString: strerror(errno))).")
    }

    static func synchronize(folder path: String) throws(CommandFailure) {
        let file = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard file >= 0 else { throw failure("The folder \(path) cannot be opened") }
        defer { close(file) }
        // Some file systems cannot: nothing better is to be had there.
        guard fsync(file) == 0 || errno == EINVAL || errno == ENOTSUP else { throw failure("The folder \(path) cannot be written to disk") }
    }

    private static func write(_ bytes: [UInt8], new path: String) throws(CommandFailure) {
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw failure("\(path) cannot be written") }
        let written = bytes.withUnsafeBytes { writeAll($0, to: file) } && fsync(file) == 0
        let problem = written ? nil : failure("\(path) cannot be written")
        close(file)
        if let problem {
            unlink(path)
            throw problem
        }
    }

    /// False with `errno` set when not everything could be written.
    static func writeAll(_ bytes: UnsafeRawBufferPointer, to file: Int32) -> Bool {
        var rest = bytes
        while !rest.isEmpty {
            let count = Glibc.write(file, rest.baseAddress, rest.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return false }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
        return true
    }
}
