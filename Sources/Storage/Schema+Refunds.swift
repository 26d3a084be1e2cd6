extension Schema {
    /// Money that goes back to buyers, and the access that it may end.
    static let refunds = """
        CREATE TABLE refunds(
            id INTEGER PRIMARY KEY,
            payment_id INTEGER NOT NULL REFERENCES payments,
            amount ANY NOT NULL CHECK (typeof(amount) IN ('integer', 'text') AND amount > 0),
            state TEXT NOT NULL CHECK (state IN ('requested', 'approved', 'sending', 'uncertain', 'settled', 'failed', 'cancelled')),
            way TEXT NOT NULL CHECK (way IN ('chain', 'practice', 'record')),
            ends_access INTEGER NOT NULL CHECK (ends_access IN (0, 1)),
            reason TEXT NOT NULL,
            -- Why nothing was sent yet; why it failed.
            waiting TEXT,
            failure TEXT CHECK (failure IS NULL OR state = 'failed'),
            requested_by TEXT NOT NULL,
            approved_by TEXT,
            transaction_hash BLOB CHECK (length(transaction_hash) = 32),
            created_at INTEGER NOT NULL,
            approved_at INTEGER,
            sent_at INTEGER,
            settled_at INTEGER CHECK ((settled_at IS NOT NULL) = (state = 'settled')),
            -- The entry of the audit log with the line of the ledger.
            sequence INTEGER UNIQUE CHECK ((sequence IS NOT NULL) = (state = 'settled')),
            CHECK ((approved_by IS NULL) = (approved_at IS NULL)),
            CHECK (state IN ('requested', 'cancelled') OR approved_at IS NOT NULL),
            CHECK (state NOT IN ('sending', 'uncertain') OR (way = 'chain' AND sent_at IS NOT NULL AND transaction_hash IS NOT NULL))
        ) STRICT;
        CREATE INDEX refunds_by_payment ON refunds(payment_id);
        CREATE INDEX refunds_open ON refunds(id) WHERE state IN ('approved', 'sending', 'uncertain');
        CREATE INDEX refunds_sent ON refunds(sent_at) WHERE sent_at IS NOT NULL;
        -- One transfer is one refund, also of those that were paid by hand.
        CREATE UNIQUE INDEX refunds_by_transaction ON refunds(transaction_hash) WHERE state = 'settled' AND transaction_hash IS NOT NULL;

        CREATE TABLE refund_attempts(
            id INTEGER PRIMARY KEY,
            refund_id INTEGER NOT NULL REFERENCES refunds,
            transaction_hash BLOB NOT NULL UNIQUE CHECK (length(transaction_hash) = 32),
            raw BLOB NOT NULL,
            chain_id INTEGER NOT NULL CHECK (chain_id > 0),
            wallet BLOB NOT NULL CHECK (length(wallet) = 20),
            account_nonce INTEGER NOT NULL CHECK (account_nonce >= 0),
            fee_limit TEXT NOT NULL,
            fee_paid TEXT,
            reverted INTEGER NOT NULL DEFAULT 0 CHECK (reverted IN (0, 1)),
            at INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX refund_attempts_by_refund ON refund_attempts(refund_id);
        CREATE INDEX refund_attempts_by_nonce ON refund_attempts(chain_id, wallet, account_nonce);
        CREATE TRIGGER refund_attempts_undeleted BEFORE DELETE ON refund_attempts
            BEGIN SELECT RAISE(ABORT, 'what was signed is never forgotten'); END;
        CREATE TRIGGER refund_attempts_unchanged
            BEFORE UPDATE OF refund_id, transaction_hash, raw, chain_id, wallet, account_nonce, fee_limit, at ON refund_attempts
            BEGIN SELECT RAISE(ABORT, 'what was signed never changes'); END;

        -- The refund that took the access back.
        ALTER TABLE entitlements ADD COLUMN ended_by INTEGER REFERENCES refunds;
        CREATE INDEX entitlements_ended ON entitlements(order_id) WHERE ended_by IS NOT NULL;

        -- Name of the file with the key of the refund wallet.
        ALTER TABLE networks ADD COLUMN refund_key TEXT;
        """
}
