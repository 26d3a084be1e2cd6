extension Schema {
    /// The books: an audit log that is also the outbox, each entry chained to the one before it, and a ledger whose lines belong to
    /// entries of that log. `LedgerMigration` fills them from what was there.
    static let ledger = """
        CREATE TABLE audit(
            -- From 1, without gaps.
            sequence INTEGER PRIMARY KEY,
            kind TEXT NOT NULL,
            subject INTEGER NOT NULL,
            actor TEXT NOT NULL,
            origin TEXT NOT NULL,
            at INTEGER NOT NULL,
            details TEXT NOT NULL,
            hash BLOB NOT NULL CHECK (length(hash) = 32)
        ) STRICT;

        -- One row for each contract, or network's own coin (no address), and kind of money: practice money is an asset of its own.
        CREATE TABLE assets(
            id INTEGER PRIMARY KEY,
            chain_id INTEGER NOT NULL CHECK (chain_id > 0),
            address BLOB NOT NULL CHECK (length(address) IN (0, 20)),
            sandbox INTEGER NOT NULL CHECK (sandbox IN (0, 1)),
            -- How people write it; NULL until the shop knows.
            symbol TEXT,
            decimals INTEGER CHECK (decimals BETWEEN 0 AND 38),
            UNIQUE (chain_id, address, sandbox),
            CHECK ((symbol IS NULL) = (decimals IS NULL))
        ) STRICT;

        CREATE TABLE accounts(
            id INTEGER PRIMARY KEY,
            asset_id INTEGER NOT NULL REFERENCES assets,
            kind TEXT NOT NULL CHECK (kind IN ('wallet', 'sales', 'settler', 'gas', 'refund_wallet', 'refunds', 'fees', 'payouts',
                'foreign_income', 'reorganised')),
            address BLOB NOT NULL CHECK (length(address) IN (0, 20)),
            UNIQUE (asset_id, kind, address),
            -- What entries refer to.
            UNIQUE (id, asset_id)
        ) STRICT;

        -- A row moves an amount from one account to another of the same asset, so that the ledger balances by construction.
        CREATE TABLE entries(
            id INTEGER PRIMARY KEY,
            sequence INTEGER NOT NULL REFERENCES audit,
            kind TEXT NOT NULL CHECK (kind IN ('sale', 'gas', 'refund', 'fee', 'payout', 'foreign', 'reversal')),
            payment_id INTEGER REFERENCES payments,
            debit INTEGER NOT NULL,
            credit INTEGER NOT NULL,
            asset_id INTEGER NOT NULL,
            amount ANY NOT NULL CHECK (typeof(amount) IN ('integer', 'text') AND amount > 0),
            at INTEGER NOT NULL,
            -- A reversal names what it takes back, and a sale that came true again the reversal that was wrong.
            reverses INTEGER REFERENCES entries CHECK (kind IN ('sale', 'reversal') OR reverses IS NULL),
            FOREIGN KEY (debit, asset_id) REFERENCES accounts(id, asset_id),
            FOREIGN KEY (credit, asset_id) REFERENCES accounts(id, asset_id),
            CHECK (debit <> credit),
            CHECK (kind <> 'reversal' OR reverses IS NOT NULL),
            CHECK (kind NOT IN ('sale', 'gas') OR payment_id IS NOT NULL)
        ) STRICT;
        -- A payment is sold once; whatever else was written of it stands beside. (One index, for every sale pays for each.)
        CREATE UNIQUE INDEX entries_by_payment ON entries(payment_id, (CASE WHEN kind = 'sale' AND reverses IS NULL THEN 0 ELSE id END));
        CREATE UNIQUE INDEX entries_reversed_once ON entries(reverses) WHERE reverses IS NOT NULL;
        CREATE INDEX entries_other_than_sales ON entries(kind) WHERE kind <> 'sale';

        -- Signed states of the audit log.
        CREATE TABLE audit_heads(
            sequence INTEGER PRIMARY KEY,
            hash BLOB NOT NULL CHECK (length(hash) = 32),
            root BLOB NOT NULL CHECK (length(root) = 32),
            at INTEGER NOT NULL,
            signature BLOB NOT NULL CHECK (length(signature) = 64),
            key BLOB NOT NULL CHECK (length(key) = 32)
        ) STRICT;

        -- The Merkle tree over the hashes of the log: complete subtrees of 16 entries and more, so that a proof reads few rows.
        CREATE TABLE audit_nodes(
            level INTEGER NOT NULL CHECK (level >= 4),
            position INTEGER NOT NULL CHECK (position >= 0),
            hash BLOB NOT NULL CHECK (length(hash) = 32),
            PRIMARY KEY (level, position)
        ) STRICT, WITHOUT ROWID;
        """

    /// What makes the books append only, against our own mistakes; against others there is the chain. And the indexes of the log, made
    /// after it is filled.
    static let ledgerGuards = """
        DROP TABLE events;

        -- What a person did and what was done to them; the entries of sales stand in neither.
        CREATE INDEX audit_by_people ON audit(actor) WHERE actor GLOB 'person:*';
        CREATE INDEX audit_about_people ON audit(subject) WHERE kind GLOB 'person.*' OR kind GLOB 'password.*' OR kind GLOB 'two_step.*'
            OR kind GLOB 'setup_link.*' OR kind GLOB 'session.*';

        CREATE TRIGGER audit_unchanged BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append only'); END;
        CREATE TRIGGER audit_undeleted BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append only'); END;
        CREATE TRIGGER entries_unchanged BEFORE UPDATE ON entries BEGIN SELECT RAISE(ABORT, 'the ledger is append only'); END;
        CREATE TRIGGER entries_undeleted BEFORE DELETE ON entries BEGIN SELECT RAISE(ABORT, 'the ledger is append only'); END;
        CREATE TRIGGER accounts_unchanged BEFORE UPDATE ON accounts BEGIN SELECT RAISE(ABORT, 'an account never changes'); END;
        CREATE TRIGGER accounts_undeleted BEFORE DELETE ON accounts BEGIN SELECT RAISE(ABORT, 'an account never goes'); END;
        CREATE TRIGGER assets_unchanged BEFORE UPDATE OF id, chain_id, address, sandbox ON assets
            BEGIN SELECT RAISE(ABORT, 'an asset never changes'); END;
        CREATE TRIGGER assets_undeleted BEFORE DELETE ON assets BEGIN SELECT RAISE(ABORT, 'an asset never goes'); END;
        """
}
