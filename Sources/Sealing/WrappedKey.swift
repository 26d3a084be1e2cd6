import Crypto
import Foundation

/// A key as the disk knows it: sealed by a node key, whose id tells which one opens it again.
struct WrappedKey {
    /// What the key is for; one wrapped for another purpose or subject does not open.
    enum Purpose {
        case subject(Subject)
        case index

        fileprivate var context: [UInt8] {
            switch self {
            case .subject(let subject): Array("pushcart subject key".utf8) + subject.context
            case .index: Array("pushcart index key".utf8)
            }
        }
    }

    static let length = 32 + SealedBox.overhead

    /// The id of the node key, 8 bytes.
    let node: [UInt8]
    /// 60 bytes.
    let bytes: [UInt8]

    init(node: [UInt8], bytes: [UInt8]) {
        self.node = node
        self.bytes = bytes
    }

    init(_ key: SymmetricKey, for purpose: Purpose, by node: NodeKey) {
        self.node = node.id
        bytes = key.withUnsafeBytes { SealedBox.seal($0, node.key, context: purpose.context) }
    }

    /// Nil when the key was changed on the disk, or wrapped by another node key or for another purpose.
    func key(for purpose: Purpose, by node: NodeKey) -> SymmetricKey? {
        SealedBox.open(bytes, node.key, context: purpose.context).map { SymmetricKey(data: $0) }
    }
}
