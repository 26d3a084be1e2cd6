public import GRDB

/// The reading half of the shop's data: read-only connections beside the one that writes.
public struct Reader: Sendable {
    let pool: DatabasePool

    init(_ pool: DatabasePool) { self.pool = pool }

    /// Runs `body` on one consistent snapshot.
    /// - Throws: what `body` throws, or `DatabaseError` when SQLite cannot read.
    public func read<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        // Not the pool's own async read: that keeps a connection until one of Swift's threads takes over, and those may all be
        // waiting in `lookUp` for a connection. Here each holder of a connection has a thread, so that it always gives it back.
        try await withCheckedThrowingContinuation { continuation in
            pool.asyncRead { result in continuation.resume(with: Result { try body(try result.get()) }) }
        }
    }

    /// A look-up of one row by an index, without a transaction of its own: the quick way on the path of a paid request.
    func lookUp<Value>(_ body: (Database) throws -> Value) throws -> Value {
        try pool.unsafeRead(body)
    }
}
