import Crypto
import Domain

/// The Merkle tree over the hashes of the audit log, as RFC 9162 (section 2.1) builds it, while its leaves come one by one: of all that
/// was added, only the roots of the complete subtrees are kept.
struct AuditTree: Sendable {
    /// Subtrees of 2^`storedLevel` entries and more are kept in the database.
    static let storedLevel = 4

    struct Node: Sendable {
        let level: Int
        let position: Int64
        let hash: [UInt8]
    }

    private(set) var count: Int64 = 0
    /// Of the complete subtrees, from the largest on the left to the smallest.
    private var peaks: [[UInt8]] = []

    init() {}

    /// The tree of the first `count` entries; a multiple of what the smallest stored subtree holds.
    init(count: Int64, node: (_ level: Int, _ position: Int64) throws -> [UInt8]) rethrows {
        self.count = count
        for level in (0..<Int64.bitWidth).reversed() where count >> Int64(level) & 1 == 1 {
            peaks.append(try node(level, count >> Int64(level) - 1))
        }
    }

    /// Adds the hash of the next entry.
    /// - Parameter completed: told of each subtree that is complete now and large enough to be stored.
    mutating func add(_ hash: [UInt8], completed: (Node) -> Void = { _ in }) {
        var (node, level, rest) = (Self.leaf(hash), 0, count)
        while rest & 1 == 1 {
            node = Self.node(peaks.removeLast(), node)
            level += 1
            rest >>= 1
            if level >= Self.storedLevel { completed(Node(level: level, position: rest, hash: node)) }
        }
        peaks.append(node)
        count += 1
    }

    /// 32 bytes; of an empty tree, the hash of nothing.
    var root: [UInt8] {
        guard var root = peaks.last else { return Array(SHA256.hash(data: [UInt8]())) }
        for peak in peaks.dropLast().reversed() { root = Self.node(peak, root) }
        return root
    }

    static func leaf(_ hash: [UInt8]) -> [UInt8] { Array(SHA256.hash(data: [0] + hash)) }
    static func node(_ left: [UInt8], _ right: [UInt8]) -> [UInt8] { Array(SHA256.hash(data: [1] + left + right)) }
}
