import Crypto
import Domain
import HTTPTypes
import Storage
import Synchronization

/// One call under an `Idempotency-Key`: the same call again gets the same answer and has no second effect (draft-ietf-httpapi-idempotency-key-header).
struct CallMemory: Sendable {
    let principal: String
    let key: String
    /// SHA-256 of method, address and body.
    let request: [UInt8]
    let at: Timestamp
    let seal: @Sendable ([UInt8]) throws -> [UInt8]

    /// What nobody else's call is called.
    var name: [UInt8] {
        var hash = SHA256()
        for part in [principal, "\n", key, "\n"] { hash.update(data: Array(part.utf8)) }
        hash.update(data: request)
        return Array(hash.finalize())
    }

    func note<Value>(_ answer: @escaping @Sendable (Value) throws -> EndpointAnswer?) -> WriteNote<Value> {
        let seal = seal
        return WriteNote(principal: principal, key: key, request: request, at: at) { value in try answer(value).map { try seal($0.stored) } }
    }
}

/// The calls that are being worked on just now, each under its principal's key.
final class CallsUnderWay: Sendable {
    private struct Key: Hashable {
        let principal: String
        let key: String
    }

    private let keys = Mutex<Set<Key>>([])

    /// False when that key is being worked on.
    func begin(_ memory: CallMemory) -> Bool {
        keys.withLock { $0.insert(Key(principal: memory.principal, key: memory.key)).inserted }
    }

    func end(_ memory: CallMemory) {
        keys.withLock { _ = $0.remove(Key(principal: memory.principal, key: memory.key)) }
    }
}
