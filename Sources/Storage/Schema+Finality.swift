extension Schema {
    /// In which block a payment settled, and which payments a chain could still take back.
    static let finality = """
        ALTER TABLE payments ADD COLUMN block_number INTEGER CHECK (block_number >= 0);
        ALTER TABLE payments ADD COLUMN block_hash BLOB CHECK (length(block_hash) = 32);
        -- What the comparison with a chain goes through; practice money stands in neither.
        CREATE INDEX payments_by_block ON payments(chain_id, block_number) WHERE block_number IS NOT NULL;
        CREATE INDEX payments_without_block ON payments(chain_id, id)
            WHERE block_number IS NULL AND sandbox = 0 AND state IN ('settled', 'delivered');

        -- A row goes when its payment is final: it holds the few of the last minutes, and those of which no node can tell.
        CREATE TABLE revocable_payments(
            chain_id INTEGER NOT NULL,
            payment_id INTEGER NOT NULL REFERENCES payments,
            PRIMARY KEY (chain_id, payment_id)
        ) STRICT, WITHOUT ROWID;
        INSERT INTO revocable_payments(chain_id, payment_id)
            SELECT chain_id, id FROM payments WHERE sandbox = 0 AND state IN ('settled', 'delivered');

        -- How far the ledger has been compared with each chain without a finding.
        CREATE TABLE chain_checkpoints(
            chain_id INTEGER PRIMARY KEY,
            first_block INTEGER NOT NULL CHECK (first_block >= 0),
            next_block INTEGER NOT NULL CHECK (next_block >= first_block),
            width INTEGER NOT NULL CHECK (width > 0),
            sales INTEGER NOT NULL CHECK (sales >= 0),
            at INTEGER NOT NULL
        ) STRICT;

        -- Transfers without an authorization that a comparison has found and listed.
        CREATE TABLE foreign_transfers(
            chain_id INTEGER NOT NULL,
            transaction_hash BLOB NOT NULL CHECK (length(transaction_hash) = 32),
            log_index INTEGER NOT NULL CHECK (log_index >= 0),
            at INTEGER NOT NULL,
            PRIMARY KEY (chain_id, transaction_hash, log_index)
        ) STRICT, WITHOUT ROWID;
        """
}
