public import GRDB

/// The reading half of the shop's data: read-only connections beside the one that writes.
public struct Reader: Sendable {
    let pool: DatabasePool

    init(_ pool: DatabasePool) { self.pool = pool }

    /// Runs `body` on one consistent snapshot.
    /// - Throws: what `body` throws, or `DatabaseError` when SQLite cannot read.
    public func read<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        try await pool.read(body)
    }

    /// A look-up of one row by an index, without a transaction of its own: the quick way on the path of a paid request.
    func lookUp<Value>(_ body: (Database) throws -> Value) throws -> Value {
        try pool.unsafeRead(body)
    }
}
