/// Why something cannot be sealed or opened. No case carries a key or anything that was sealed.
public enum SealingError: Error, Hashable, CustomStringConvertible {
    /// The subject's key was destroyed: nobody can read what was sealed for it, and nothing is sealed for it again.
    case erased(Subject)
    /// Nothing was ever sealed for the subject by the keys that are here.
    case unknownKey(Subject)
    /// Not what was sealed: changed, cut, or sealed for another subject or field.
    case damaged(String)
    /// More than `Vault.limit` bytes.
    case tooLong(Int)
    /// A node key of another length than 32 bytes.
    case keyLength(Int)
    /// The file or credential named holds something else than a node key.
    case noKey(in: String)
    /// The file named lets others than its owner read the node key.
    case exposed(path: String)
    /// What the system said about the file or credential named.
    case unreadable(String, cause: String)
    /// The keys in the file at `path` are wrapped by another node key than the one given. Keys are told by their ids, as hexadecimal digits.
    case wrongNodeKey(path: String, needed: String, given: String, source: String)
    case notAVault(path: String)
    case newer(path: String)
    case notDurable(path: String)
    case storage(path: String, cause: String)
    /// The change itself is made and durable; what it replaced may still be in the files. Tried again at the next start or change.
    case notWiped(path: String, cause: String)

    public var description: String {
        switch self {
        case .erased(let subject): "The data of \(subject) was erased and cannot be read or written again."
        case .unknownKey(let subject):
            "There is no key for \(subject): subjects.sqlite is older than what was sealed, or another shop's. Restore it from the newest backup."
        case .damaged(let what): "\(what) is damaged or belongs elsewhere. Restore the newest backup."
        case .tooLong(let count): "\(count) bytes are too many to seal; at most \(Vault.limit) are possible."
        case .keyLength(let count): "A node key has 32 bytes; this one has \(count)."
        case .noKey(let source):
            "There is no node key in \(source): it has 64 hexadecimal digits, or 32 bytes in a credential. Put the right one back."
        case .exposed(let path): "The node key \(path) can be read by others. Run “chmod 600” on it, and consider making a new one."
        case .unreadable(let source, let cause): "The node key in \(source) cannot be read or made: \(cause)."
        case .wrongNodeKey(let path, let needed, let given, let source):
            """
            The keys in \(path) are locked with the node key \(needed), but \(source) is the node key \(given). \
            Put the missing one back, as the systemd credential node-key or in the node key's file; without it nothing sealed can be read.
            """
        case .notAVault(let path): "The file \(path) holds no keys of a Pushcart shop; move it away, or restore the newest backup."
        case .newer(let path): "\(path) was last used by a newer Pushcart; install that version again, or restore the backup made before the upgrade."
        case .notDurable(let path): "SQLite refused to keep \(path) durable and free of traces; the shop does not start without it."
        case .storage(let path, let cause): "The keys in \(path) cannot be used: \(cause)."
        case .notWiped(let path, let cause):
            "The change is made, but traces of the old keys may still be in \(path) (\(cause)); the next start removes them."
        }
    }
}
