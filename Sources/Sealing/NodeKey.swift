import Crypto
import Foundation

/// The node's key, 32 bytes: it wraps the keys of all subjects and never touches data itself.
///
/// It comes from a systemd credential, else from a file that is made at first run. Whoever has it and `subjects.sqlite` can read
/// everything, so the two are backed up apart.
public struct NodeKey: Sendable, CustomStringConvertible, CustomReflectable {
    let key: SymmetricKey
    /// Tells keys apart without saying anything about them, 8 bytes.
    let id: [UInt8]
    /// Where the key came from, for people.
    let source: String

    /// - Throws: `SealingError.keyLength` unless there are exactly 32.
    public init(bytes: [UInt8]) throws(SealingError) { try self.init(bytes: bytes, source: "the key given") }

    init(bytes: [UInt8], source: String) throws(SealingError) {
        guard bytes.count == 32 else { throw .keyLength(bytes.count) }
        key = SymmetricKey(data: bytes)
        id = Array(SHA256.hash(data: Array("pushcart node key".utf8) + bytes).prefix(8))
        self.source = source
    }

    /// The key of this machine: the credential `node-key` (32 bytes or 64 hexadecimal digits), else the file at `path` (64 hexadecimal
    /// digits and a newline), else a new one in that file, which is on the disk when this returns. Of several loads at once that find
    /// none, one makes the file and all return its key.
    ///
    /// A credential that is there but cannot be used is an error and never replaced by the file.
    /// - Parameter credentials: what systemd put into `$CREDENTIALS_DIRECTORY`; nil when it is not set.
    public static func load(path: String, credentials: String?) throws(SealingError) -> NodeKey {
        if let credentials {
            let source = "the credential \(credentials)/node-key"
            if let bytes = try NodeKeyFile.read("\(credentials)/node-key", source: source, isPrivate: false) {
                return try NodeKey(bytes: bytes.count == 32 ? bytes : decode(bytes, source), source: source)
            }
        }
        let source = "the file \(path)"
        if let bytes = try NodeKeyFile.read(path, source: source, isPrivate: true) {
            return try NodeKey(bytes: decode(bytes, source), source: source)
        }
        try NodeKeyFile.create(Array("\(SymmetricKey(size: .bits256).withUnsafeBytes { HexDigits.text(of: $0) })\n".utf8), at: path)
        // What is there now is ours or that of another load that was faster.
        guard let bytes = try NodeKeyFile.read(path, source: source, isPrivate: true) else { throw .noKey(in: source) }
        return try NodeKey(bytes: decode(bytes, source), source: source)
    }

    /// The key that takes over from the one in the file at `path`; nil when no rotation was begun. With `isMade` one is begun.
    ///
    /// A rotation is: begin, open the vault with the next key and the one before as `previous`, `adopt`. A crash in between is
    /// finished by doing the same again.
    public static func next(beside path: String, isMade: Bool) throws(SealingError) -> NodeKey? {
        let place = "\(path).next"
        if isMade {
            try NodeKeyFile.create(Array("\(SymmetricKey(size: .bits256).withUnsafeBytes { HexDigits.text(of: $0) })\n".utf8), at: place)
        }
        let source = "the file \(place)"
        guard let bytes = try NodeKeyFile.read(place, source: source, isPrivate: true) else { return nil }
        return try NodeKey(bytes: decode(bytes, source), source: "the file \(path)")
    }

    /// Puts the next key in the place of the one before, which is gone afterwards.
    public static func adoptNext(beside path: String) throws(SealingError) { try NodeKeyFile.replace(path, by: "\(path).next") }

    /// A key that was the node's until now, for `Vault`'s `previous`.
    public static func former(path: String) throws(SealingError) -> NodeKey {
        let source = "the file \(path)"
        guard let bytes = try NodeKeyFile.read(path, source: source, isPrivate: true) else { throw .noKey(in: source) }
        return try NodeKey(bytes: bytes.count == 32 ? bytes : decode(bytes, source), source: source)
    }

    private static func decode(_ text: [UInt8], _ source: String) throws(SealingError) -> [UInt8] {
        let digits = text.last == UInt8(ascii: "\n") ? text.dropLast() : text[...]
        guard digits.count == 64, let bytes = HexDigits.bytes(of: digits) else { throw .noKey(in: source) }
        return bytes
    }

    /// The id; the key itself is never printed.
    public var description: String { "node key \(HexDigits.text(of: id))" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
