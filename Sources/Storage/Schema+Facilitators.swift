extension Schema {
    /// Payment services: where they are, sealed, and what was asked of them.
    static let facilitators = """
        ALTER TABLE networks ADD COLUMN facilitator_sealed BLOB;
        ALTER TABLE networks ADD COLUMN facilitator_token_sealed BLOB;

        -- Counted before a service is asked. What was neither lost nor refused afterwards may have moved the money.
        CREATE TABLE facilitator_attempts(
            payment_id INTEGER NOT NULL REFERENCES payments,
            service TEXT NOT NULL,
            at INTEGER NOT NULL,
            asked INTEGER NOT NULL CHECK (asked > 0),
            lost INTEGER NOT NULL DEFAULT 0,
            refused INTEGER NOT NULL DEFAULT 0,
            PRIMARY KEY (payment_id, service),
            CHECK (lost >= 0 AND refused >= 0 AND lost + refused <= asked)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX facilitator_attempts_by_age ON facilitator_attempts(at);
        """
}
