extension WriteNote {
    /// The same note for a write whose value is opened first: rows hold sealed fields, answers what stands in them.
    public func reading<Row: Sendable>(_ open: @escaping @Sendable (Row) throws -> Value) -> WriteNote<Row> {
        WriteNote<Row>(principal: principal, key: key, request: request, at: at) { row in try answer(try open(row)) }
    }
}
