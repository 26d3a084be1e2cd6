/// The state of the audit log at one moment, signed. Who keeps one outside the shop can tell later whether the log was shortened or
/// written anew.
public struct AuditHead: Hashable, Sendable {
    /// The last entry that it covers; entries are counted from 1 without gaps, so it is also how many there are.
    public let sequence: Int64
    /// The hash of that entry, 32 bytes, which depends on all before it.
    public let hash: [UInt8]
    /// Root of the Merkle tree over the hashes of all entries (RFC 9162, section 2.1), 32 bytes.
    public let root: [UInt8]
    public let at: Timestamp

    public init(sequence: Int64, hash: [UInt8], root: [UInt8], at: Timestamp) {
        self.sequence = sequence
        self.hash = hash
        self.root = root
        self.at = at
    }

    /// What is signed: the purpose, then sequence, hash, root and milliseconds, integers in eight bytes, big-endian.
    public var signedBytes: [UInt8] { Array("pushcart audit head 1\n".utf8) + Self.bytes(sequence) + hash + root + Self.bytes(at.milliseconds) }

    private static func bytes(_ value: Int64) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { [UInt8]($0) } }
}
