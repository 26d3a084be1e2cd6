extension Schema {
    /// What the REST API keeps: calls that carried an Idempotency-Key, and uploads that have not ended.
    static let api = """
        CREATE TABLE call_notes(
            principal TEXT NOT NULL,
            key TEXT NOT NULL,
            request BLOB NOT NULL CHECK (length(request) = 32),
            answer BLOB NOT NULL,
            at INTEGER NOT NULL,
            PRIMARY KEY (principal, key)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX call_notes_by_age ON call_notes(at);

        -- Lists of the API: newest first, by what they are filtered by.
        CREATE INDEX orders_by_product ON orders(product_id);
        CREATE INDEX products_by_state ON products(state);
        """
}
