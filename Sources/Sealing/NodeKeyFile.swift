import Glibc

/// The file of a node key on the disk.
enum NodeKeyFile {
    /// More than any spelling of a key has.
    private static let limit = 128

    /// The content; nil when there is no such file. What is longer than a key comes back cut, and is no key either way.
    /// - Parameter isPrivate: whether a file that group or others may read is refused. A credential is not ours to judge: systemd grants
    ///   access with an ACL, which shows as the group's permission.
    static func read(_ path: String, source: String, isPrivate: Bool) throws(SealingError) -> [UInt8]? {
        // Without blocking, so that a pipe put in the file's place holds nobody up.
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else {
            if errno == ENOENT { return nil }
            throw failure(source)
        }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw failure(source) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .unreadable(source, cause: "It is not a file") }
        guard !isPrivate || status.st_mode & 0o077 == 0 else { throw .exposed(path: path) }
        var bytes = [UInt8](repeating: 0, count: limit)
        var count = 0
        while count < limit {
            let got = bytes.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress! + count, $0.count - count) }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw failure(source) }
            if got == 0 { break }
            count += got
        }
        return Array(bytes.prefix(count))
    }

    /// Makes the file, for its owner alone, unless there is one: that one stays as it is. Nobody ever sees half a file, and when this
    /// returns, it survives a power cut.
    static func create(_ bytes: [UInt8], at path: String) throws(SealingError) {
        let source = "the file \(path)"
        let temporary = "\(path).\(UInt64.random(in: .min ... .max)).new"
        let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw failure(source) }
        let isWritten = bytes.withUnsafeBytes { write(file, $0.baseAddress, $0.count) } == bytes.count && fsync(file) == 0
        // The second name is given only when there is no such file.
        let isMade = isWritten && (link(temporary, path) == 0 || errno == EEXIST)
        let problem = isMade ? nil : failure(source)
        close(file)
        unlink(temporary)
        if let problem { throw problem }
        try synchronize(folder: folder(of: path), source)
    }

    /// Moves one file into the place of another, which survives a power cut whole, as the one or as the other.
    static func replace(_ path: String, by other: String) throws(SealingError) {
        guard rename(other, path) == 0 else { throw failure("the file \(other)") }
        try synchronize(folder: folder(of: path), "the file \(path)")
    }

    private static func synchronize(folder path: String, _ source: String) throws(SealingError) {
        let folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw failure(source) }
        defer { close(folder) }
        // Some file systems cannot: nothing better is to be had there.
        guard fsync(folder) == 0 || errno == EINVAL || errno == ENOTSUP else { throw failure(source) }
    }

    private static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// With the cause that the system gave last.
    private static func failure(_ source: String) -> SealingError { .unreadable(source, cause: String(cString: strerror(errno))) }
}
