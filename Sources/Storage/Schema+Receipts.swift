extension Schema {
    /// What was taken back of what receipts give.
    static let receipts = """
        -- Links carry their series; those of an earlier one are worth nothing. Without a row, the series is 0.
        CREATE TABLE link_revocations(
            payment_id INTEGER PRIMARY KEY REFERENCES payments,
            series INTEGER NOT NULL CHECK (series > 0),
            at INTEGER NOT NULL
        ) STRICT;
        """
}
