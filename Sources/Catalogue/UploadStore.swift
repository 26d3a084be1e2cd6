import Crypto
public import Domain
import Foundation
import Glibc
public import Storage
import Synchronization

/// An upload in parts: how far it is.
public struct Upload: Sendable {
    public let id: String
    public let length: Int64
    public let offset: Int64
    /// What it has become, once whole.
    public let digest: ContentDigest?
}

public enum UploadAppend: Sendable {
    case appended(Upload)
    case missing
    /// The part does not begin where the bytes end.
    case elsewhere(Upload)
    /// The part is longer than what was announced; its bytes are not kept.
    case tooLong
    /// Another part is arriving.
    case busy
}

/// Bytes as the network hands them over.
public protocol ContentPart: Sendable {
    var readableBytes: Int { get }
    func withUnsafeReadableBytes<Value>(_ body: (UnsafeRawBufferPointer) throws -> Value) rethrows -> Value
}

/// Content that arrives in parts, below `uploads/` in the data directory: a file each, named by id and length. What has arrived survives
/// a restart; what has not grown for a day is forgotten.
public final class UploadStore: Sendable {
    /// 1 TB.
    public static let maximumLength = 1_099_511_627_776
    public static let maximumCount = 64
    private static let lifetime: TimeInterval = 24 * 3600

    private let directory: String
    private let contents: ContentStore
    private let writer: Writer
    private let now: WallClock
    private let busy = Mutex<Set<String>>([])

    /// - Throws: when the directory cannot be made.
    public init(directory: String, contents: ContentStore, writer: Writer, now: @escaping WallClock) throws {
        self.directory = directory
        self.contents = contents
        self.writer = writer
        self.now = now
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    /// Nil when too many are unfinished.
    /// - Parameter name: 16 bytes or more that make the id, so that beginning again by the same name finds the upload that is there.
    public func begin(length: Int64, named name: [UInt8]? = nil, noting note: WriteNote<Upload?>? = nil) async throws -> Upload? {
        try forgetOld()
        let upload = try await open(length: length, named: name)
        if upload != nil { try await writer.remember(upload, noting: note) }
        return upload
    }

    private func open(length: Int64, named name: [UInt8]?) async throws -> Upload? {
        if let name, let there = try await find(lowercaseHex(Array(name.prefix(16)))), there.length == length { return there }
        guard try FileManager.default.contentsOfDirectory(atPath: directory).count < Self.maximumCount else { return nil }
        var generator = SystemRandomNumberGenerator()
        let id = lowercaseHex(name.map { Array($0.prefix(16)) } ?? (0..<16).map { _ in UInt8.random(in: 0...255, using: &generator) })
        let descriptor = Glibc.open(path(id, length), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw ContentError.disk(errno) }
        close(descriptor)
        return Upload(id: id, length: length, offset: 0, digest: nil)
    }

    public func find(_ id: String) async throws -> Upload? {
        guard let length = try length(id) else { return nil }
        var status = stat()
        guard stat(path(id, length), &status) == 0 else { return nil }
        return Upload(id: id, length: length, offset: Int64(status.st_size), digest: nil)
    }

    /// False when there is none.
    public func cancel(_ id: String, noting note: WriteNote<Bool>? = nil) async throws -> Bool {
        guard let length = try length(id), unlink(path(id, length)) == 0 else { return false }
        try await writer.remember(true, noting: note)
        return true
    }

    /// Adds a part. A part that breaks off leaves what arrived of it: the next begins there.
    /// - Throws: `ContentError`, or what the part throws.
    public func append<Part: AsyncSequence & Sendable>(_ id: String, at offset: Int64, _ part: Part) async throws -> UploadAppend
    where Part.Element: ContentPart {
        guard busy.withLock({ $0.insert(id).inserted }) else { return .busy }
        defer { busy.withLock { _ = $0.remove(id) } }
        guard let upload = try await find(id) else { return .missing }
        guard upload.offset == offset else { return .elsewhere(upload) }
        let file = path(id, upload.length)
        let descriptor = Glibc.open(file, O_WRONLY | O_APPEND | O_CLOEXEC)
        guard descriptor >= 0 else { throw ContentError.disk(errno) }
        defer { close(descriptor) }
        var end = offset
        for try await chunk in part {
            end += Int64(chunk.readableBytes)
            guard end <= upload.length else {
                guard ftruncate(descriptor, Int(offset)) == 0 else { throw ContentError.disk(errno) }
                return .tooLong
            }
            try chunk.withUnsafeReadableBytes { try Self.write($0, to: descriptor) }
        }
        guard end == upload.length else { return .appended(Upload(id: id, length: upload.length, offset: end, digest: nil)) }
        return .appended(Upload(id: id, length: upload.length, offset: end, digest: try await keep(file)))
    }

    /// Reads the whole once more, on a thread of its own: the digest is of what is on the disk.
    private func keep(_ file: String) async throws -> ContentDigest {
        let contents = contents
        return try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(
                    with: Result {
                        guard let handle = FileHandle(forReadingAtPath: file) else { throw ContentError.disk(errno) }
                        var incoming = try contents.receive()
                        while let chunk = try handle.read(upToCount: 1 << 20), !chunk.isEmpty {
                            try chunk.withUnsafeBytes { try incoming.append($0) }
                        }
                        let digest = try contents.keep(incoming).digest
                        unlink(file)
                        return digest
                    })
            }
        }
    }

    private static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) throws {
        var rest = bytes
        while !rest.isEmpty {
            let written = Glibc.write(descriptor, rest.baseAddress, rest.count)
            if written < 0, errno == EINTR { continue }
            guard written >= 0 else { throw ContentError.disk(errno) }
            rest = UnsafeRawBufferPointer(rebasing: rest[written...])
        }
    }

    private func path(_ id: String, _ length: Int64) -> String { "\(directory)/\(id)-\(length)" }

    /// The announced length of an upload; nil when there is none of that id.
    private func length(_ id: String) throws -> Int64? {
        guard id.utf8.count == 32, id.utf8.allSatisfy({ 0x30...0x39 ~= $0 || 0x61...0x66 ~= $0 }) else { return nil }
        let name = try FileManager.default.contentsOfDirectory(atPath: directory).first { $0.hasPrefix("\(id)-") }
        return name.flatMap { Int64($0.dropFirst(33)) }
    }

    private func forgetOld() throws {
        let limit = Double(now().milliseconds) / 1000 - Self.lifetime
        for name in try FileManager.default.contentsOfDirectory(atPath: directory) {
            var status = stat()
            if stat("\(directory)/\(name)", &status) == 0, Double(status.st_mtim.tv_sec) < limit { unlink("\(directory)/\(name)") }
        }
    }
}
