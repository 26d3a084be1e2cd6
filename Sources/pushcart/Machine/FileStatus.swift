import CoreFoundation
import Glibc

/// What the system knows of a file. It stands here alone because the compiler finds the initializer of `struct stat` only beside CoreFoundation
/// once another module brings a `stat` of its own.
struct FileStatus {
    private let status: stat

    /// The file at a path, through links; nil, with `errno`, when it cannot be looked at.
    init?(at path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        self.status = status
    }

    /// An open file; nil, with `errno`, when it cannot be looked at.
    init?(of descriptor: Int32) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        self.status = status
    }

    var isFolder: Bool { status.st_mode & S_IFMT == S_IFDIR }
    var isRegularFile: Bool { status.st_mode & S_IFMT == S_IFREG }
    /// Whether anybody but its owner may do anything with it.
    var isOpenToOthers: Bool { status.st_mode & 0o077 != 0 }
    var length: Int64 { Int64(status.st_size) }
    var owner: (user: uid_t, group: gid_t) { (status.st_uid, status.st_gid) }

    func isSameFile(as other: FileStatus) -> Bool { status.st_ino == other.status.st_ino && status.st_dev == other.status.st_dev }
}
