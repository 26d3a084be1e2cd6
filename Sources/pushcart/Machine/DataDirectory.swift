import Foundation

/// The one directory that a shop is, held by one process at a time: the lock lasts as long as this value.
final class DataDirectory: Sendable {
    let path: String
    private let lock: Int32

    var database: String { "\(path)/shop.sqlite" }
    var contents: String { "\(path)/content" }
    var uploads: String { "\(path)/uploads" }
    /// Answers of services, kept for those who paid for them.
    var answers: String { "\(path)/answers" }
    /// The keys of people, wrapped: a file of its own, so that a backup holds one current copy.
    var subjects: String { "\(path)/subjects.sqlite" }
    var keys: String { "\(path)/keys" }
    static let socketName = "control.sock"

    private init(path: String, lock: Int32) {
        self.path = path
        self.lock = lock
    }

    deinit { close(lock) }

    /// Where a shop lives unless `--data` says otherwise.
    static var standard: String {
        FileManager.default.fileExists(atPath: "/usr/lib/systemd/system/pushcart.service") ? "/var/lib/pushcart" : "./pushcart-data"
    }

    /// The directory that a command means: by its flag, by the environment, or the standard one.
    /// - Parameter file: the settings that are read; nil for the standard ones.
    static func chosen(_ flag: String?, settings file: String? = nil) -> String {
        flag ?? ProcessInfo.processInfo.environment["PUSHCART_DATA"] ?? SettingsKeys.data(inFile: file ?? MachineSettings.standardFile) ?? standard
    }

    /// The path as an absolute one.
    static func absolute(_ path: String) -> String {
        let absolute = path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
        return URL(fileURLWithPath: absolute).standardizedFileURL.path
    }

    /// Opens the directory and takes its lock.
    /// - Returns: nil when another process holds the lock.
    /// - Throws: `CommandFailure` when the directory is missing and may not be created, or cannot be used.
    static func take(_ path: String, create: Bool) throws -> DataDirectory? {
        let path = absolute(path)
        let isHidden = FileStatus(at: path).map { $0.isFolder && access(path, X_OK) != 0 } ?? (errno == EACCES)
        if isHidden {
            throw CommandFailure(exitCode: 77, sentence: "You may not open the shop in \(path); run the command as its owner, or with sudo.")
        }
        if !FileManager.default.fileExists(atPath: path) {
            guard create else {
                throw CommandFailure(exitCode: 69, sentence: "There is no shop in \(path); make one with “pushcart serve --data \(path)”.")
            }
            do {
                try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            } catch { throw CommandFailure.refused("\(path) cannot be made: \(error.localizedDescription)") }
        }
        guard owner(of: path) == nil else {
            throw CommandFailure(exitCode: 77, sentence: "\(path) belongs to another user; name it with --data, or run the command as that user.")
        }
        guard create || FileManager.default.fileExists(atPath: "\(path)/shop.sqlite") else {
            throw CommandFailure(exitCode: 69, sentence: "There is no shop in \(path); make one with “pushcart serve --data \(path)”.")
        }
        let lock = open("\(path)/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard lock >= 0 else {
            if errno == EACCES {
                throw CommandFailure(exitCode: 77, sentence: "You may not open the shop in \(path); run the command as its owner, or with sudo.")
            }
            throw CommandFailure.refused("\(path)/lock cannot be opened: \(String(cString: strerror(errno))).")
        }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            close(lock)
            return nil
        }
        return DataDirectory(path: path, lock: lock)
    }

    static func busy(_ path: String) -> CommandFailure {
        .tryAgain("Another pushcart is using \(absolute(path)) and does not answer yet; try again in a moment.")
    }

    /// Run as root on a directory of another user, the process becomes that user, so that nothing in it ever belongs to anybody else.
    ///
    /// To be called before any other thread is there: the main thread of a concurrent program sleeps with its signals blocked, and
    /// would stay root.
    static func becomeOwner(of path: String) throws {
        guard let owner = owner(of: absolute(path)) else { return }
        var group = owner.group
        guard setgroups(1, &group) == 0, setgid(group) == 0, setuid(owner.user) == 0 else {
            throw CommandFailure(exitCode: 77, sentence: "The owner of \(path) cannot be impersonated; run the command as that user.")
        }
    }

    /// Who owns a directory that root would use and that is not root's.
    private static func owner(of path: String) -> (user: uid_t, group: gid_t)? {
        guard geteuid() == 0, let owner = FileStatus(at: path)?.owner, owner.user != 0 else { return nil }
        return owner
    }

    // MARK: Control socket

    /// A path of the control socket that fits the 107 bytes a socket's address has, whatever the directory is called.
    static func socketPath(_ path: String) throws -> String {
        let direct = "\(absolute(path))/\(socketName)"
        guard direct.utf8.count > 100 else { return direct }
        let descriptor = open(absolute(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw CommandFailure.refused("\(path) cannot be opened: \(String(cString: strerror(errno))).") }
        // Kept open for the life of the process: the address is only good as long.
        return "/proc/self/fd/\(descriptor)/\(socketName)"
    }

    // MARK: Keys

    /// A secret of the shop, made at first use: 32 random bytes in a file that only its owner can read.
    func secret(_ name: String) throws -> [UInt8] {
        let file = "\(keys)/\(name)"
        if let bytes = FileManager.default.contents(atPath: file) {
            guard bytes.count == 32 else { throw CommandFailure.refused("\(file) is damaged; put it back from a backup.") }
            return [UInt8](bytes)
        }
        var generator = SystemRandomNumberGenerator()
        let bytes = (0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) }
        try store(Data(bytes), name)
        return bytes
    }

    func makeKeys() throws {
        try FileManager.default.createDirectory(atPath: keys, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    /// Writes a file of the `keys` folder whole or not at all.
    func store(_ bytes: Data, _ name: String) throws {
        try makeKeys()
        let temporary = "\(keys)/.\(name).\(getpid())"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw CommandFailure.refused("\(keys) cannot be written: \(String(cString: strerror(errno))).") }
        let isWritten = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) } == bytes.count && fsync(descriptor) == 0
        close(descriptor)
        guard isWritten, rename(temporary, "\(keys)/\(name)") == 0 else {
            throw CommandFailure.refused("\(keys)/\(name) cannot be written: \(String(cString: strerror(errno))).")
        }
    }
}
