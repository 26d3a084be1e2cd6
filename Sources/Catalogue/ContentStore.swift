import Crypto
public import Domain
import Foundation

/// The bytes that are sold, each under its own SHA-256, below `content/` in the data directory. Nothing is ever overwritten.
public struct ContentStore: Sendable {
    private let directory: String

    /// - Throws: when the directory cannot be made.
    public init(directory: String) throws {
        self.directory = directory
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        // What a crash left half written belongs to nobody: contents are registered only when whole.
        for name in try FileManager.default.contentsOfDirectory(atPath: directory) where name.hasPrefix("incoming-") {
            try FileManager.default.removeItem(atPath: "\(directory)/\(name)")
        }
    }

    public func path(_ digest: ContentDigest) -> String {
        let name = digest.description
        return "\(directory)/\(name.prefix(2))/\(name)"
    }

    public func holds(_ digest: ContentDigest) -> Bool { access(path(digest), R_OK) == 0 }

    /// Begins to take in bytes of any length.
    /// - Throws: `ContentError` when the disk refuses.
    public func receive() throws -> IncomingContent {
        let path = "\(directory)/incoming-\(UUID().uuidString)"
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw ContentError.disk(errno) }
        return IncomingContent(descriptor: descriptor, path: path)
    }

    /// Puts finished bytes in their place; the same bytes again change nothing.
    public func keep(_ incoming: consuming IncomingContent) throws -> (digest: ContentDigest, length: Int64) {
        let (digest, length, temporary) = try incoming.finish()
        let path = path(digest)
        let folder = (path as NSString).deletingLastPathComponent
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        guard rename(temporary, path) == 0 else { throw ContentError.disk(errno) }
        for place in [folder, directory] { try synchronize(directory: place) }
        return (digest, length)
    }

    /// Reads content whole; only for what is known to be small.
    public func bytes(_ digest: ContentDigest) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: path(digest))))
    }

    private func synchronize(directory: String) throws {
        let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw ContentError.disk(errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw ContentError.disk(errno) }
    }
}

/// Bytes on their way into the store: hashed as they are written, never whole in memory, gone unless kept.
public struct IncomingContent: ~Copyable {
    private let descriptor: Int32
    private let path: String
    private var hash = SHA256()
    public private(set) var length: Int64 = 0

    init(descriptor: Int32, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    deinit {
        close(descriptor)
        unlink(path)
    }

    /// - Throws: `ContentError.disk` when the disk is full or fails.
    public mutating func append(_ bytes: UnsafeRawBufferPointer) throws {
        hash.update(bufferPointer: bytes)
        var rest = bytes
        while !rest.isEmpty {
            let written = write(descriptor, rest.baseAddress, rest.count)
            if written < 0, errno == EINTR { continue }
            guard written >= 0 else { throw ContentError.disk(errno) }
            rest = UnsafeRawBufferPointer(rebasing: rest[written...])
        }
        length += Int64(bytes.count)
    }

    consuming func finish() throws -> (ContentDigest, Int64, path: String) {
        guard fsync(descriptor) == 0 else { throw ContentError.disk(errno) }
        guard let digest = ContentDigest(Array(hash.finalize())) else { preconditionFailure("SHA-256 has 32 bytes") }
        // The deinit unlinks the temporary name, so the store gets a second one that is its own.
        let whole = path + ".whole"
        guard link(path, whole) == 0 else { throw ContentError.disk(errno) }
        return (digest, length, whole)
    }
}

public enum ContentError: Error, CustomStringConvertible {
    /// What the system said, as errno.
    case disk(Int32)

    public var description: String {
        switch self {
        case .disk(ENOSPC), .disk(EDQUOT): "The disk is full; nothing was stored."
        case .disk(let code): "The data directory cannot be written (\(String(cString: strerror(code)))); nothing was stored."
        }
    }
}

extension ContentStore {
    /// How many bytes the content has; nil when it is not here.
    public func length(_ digest: ContentDigest) -> Int64? {
        var status = stat()
        guard stat(path(digest), &status) == 0 else { return nil }
        return Int64(status.st_size)
    }
}
