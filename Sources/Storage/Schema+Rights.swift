extension Schema {
    /// What wallets may do because of what they bought.
    static let rights = """
        -- Nonces that have opened something, until they expire: each is good once.
        CREATE TABLE sign_in_nonces(
            nonce BLOB PRIMARY KEY CHECK (length(nonce) = 16),
            expires_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX sign_in_nonces_by_age ON sign_in_nonces(expires_at);

        -- Payers' own names for payments: one name, one payment, whatever authorizations come with it.
        CREATE TABLE payment_identifiers(
            payer BLOB NOT NULL CHECK (length(payer) = 20),
            identifier TEXT NOT NULL CHECK (length(identifier) BETWEEN 16 AND 128),
            fingerprint BLOB NOT NULL CHECK (length(fingerprint) = 93),
            payment_id INTEGER NOT NULL REFERENCES payments ON DELETE CASCADE,
            PRIMARY KEY (payer, identifier)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX payment_identifiers_by_payment ON payment_identifiers(payment_id);
        """
}
