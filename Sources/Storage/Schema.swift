import GRDB

/// Forward-only migrations; one that was released is never edited.
enum Schema {
    static func migrate(_ queue: DatabaseQueue) throws {
        let migrator = migrator
        if try queue.read(migrator.hasBeenSuperseded) { throw StorageError.newer }
        try migrator.migrate(queue)
    }

    private static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 first sale") { db in try db.execute(sql: firstSale) }
        migrator.registerMigration("2 access") { db in try db.execute(sql: access) }
        migrator.registerMigration("3 api") { db in try db.execute(sql: api) }
        migrator.registerMigration("4 sealed nodes") { db in try db.execute(sql: "ALTER TABLE networks ADD COLUMN rpc_sealed BLOB") }
        migrator.registerMigration("5 ledger", migrate: LedgerMigration.run)
        migrator.registerMigration("6 rights") { db in try db.execute(sql: rights) }
        migrator.registerMigration("7 facilitators") { db in try db.execute(sql: facilitators) }
        migrator.registerMigration("8 apis") { db in try db.execute(sql: apis) }
        migrator.registerMigration("9 refunds") { db in try db.execute(sql: refunds) }
        migrator.registerMigration("10 finality") { db in try db.execute(sql: finality) }
        migrator.registerMigration("11 receipts") { db in try db.execute(sql: receipts) }
        migrator.registerMigration("12 desk keys") { db in try db.execute(sql: desk) }
        return migrator
    }

    private static let firstSale = """
        CREATE TABLE settings(
            name TEXT PRIMARY KEY,
            value TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE people(
            id INTEGER PRIMARY KEY,
            email TEXT NOT NULL UNIQUE,
            password TEXT NOT NULL CHECK (password LIKE '$argon2id$%'),
            role TEXT NOT NULL CHECK (role IN ('owner', 'manager', 'support', 'analyst', 'agent')),
            created_at INTEGER NOT NULL
        ) STRICT;

        CREATE TABLE networks(
            chain_id INTEGER PRIMARY KEY,
            position INTEGER NOT NULL UNIQUE,
            pay_to BLOB NOT NULL CHECK (length(pay_to) = 20),
            rpc_url TEXT,
            settler_key TEXT
        ) STRICT;

        CREATE TABLE products(
            id INTEGER PRIMARY KEY,
            slug TEXT NOT NULL UNIQUE,
            title TEXT NOT NULL,
            summary TEXT NOT NULL,
            kind TEXT NOT NULL CHECK (kind IN ('file', 'article')),
            state TEXT NOT NULL CHECK (state IN ('draft', 'published', 'archived')),
            price TEXT NOT NULL,
            currency TEXT NOT NULL CHECK (length(currency) = 3),
            tags TEXT NOT NULL,
            repeatable INTEGER NOT NULL CHECK (repeatable IN (0, 1)),
            content BLOB NOT NULL CHECK (length(content) = 32),
            content_length INTEGER NOT NULL CHECK (content_length >= 0),
            media_type TEXT NOT NULL,
            file_name TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            updated_at INTEGER NOT NULL,
            revision INTEGER NOT NULL CHECK (revision > 0)
        ) STRICT;

        -- Every edition that a product ever sold: an order pins one of them.
        CREATE TABLE editions(
            product_id INTEGER NOT NULL REFERENCES products,
            content BLOB NOT NULL CHECK (length(content) = 32),
            content_length INTEGER NOT NULL,
            media_type TEXT NOT NULL,
            file_name TEXT NOT NULL,
            PRIMARY KEY (product_id, content)
        ) STRICT, WITHOUT ROWID;

        -- Prices that were replaced, honoured for a while after.
        CREATE TABLE former_prices(
            product_id INTEGER NOT NULL REFERENCES products,
            replaced_at INTEGER NOT NULL,
            price TEXT NOT NULL,
            currency TEXT NOT NULL,
            PRIMARY KEY (product_id, replaced_at)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE payments(
            id INTEGER PRIMARY KEY,
            chain_id INTEGER NOT NULL CHECK (chain_id > 0),
            asset BLOB NOT NULL CHECK (length(asset) = 20),
            payer BLOB NOT NULL CHECK (length(payer) = 20),
            nonce BLOB NOT NULL CHECK (length(nonce) = 32),
            pay_to BLOB NOT NULL CHECK (length(pay_to) = 20),
            -- An integer where it fits, else 39 digits with leading zeros: both sort and neither is rounded.
            amount ANY NOT NULL CHECK (typeof(amount) IN ('integer', 'text') AND amount > 0),
            valid_after BLOB NOT NULL CHECK (length(valid_after) = 8),
            valid_before BLOB NOT NULL CHECK (length(valid_before) = 8),
            signature BLOB NOT NULL,
            sandbox INTEGER NOT NULL CHECK (sandbox IN (0, 1)),
            product_id INTEGER NOT NULL REFERENCES products,
            content BLOB NOT NULL CHECK (length(content) = 32),
            protocol_version INTEGER NOT NULL CHECK (protocol_version IN (1, 2)),
            seal_hash BLOB CHECK (length(seal_hash) = 32),
            token BLOB NOT NULL CHECK (length(token) = 12),
            state TEXT NOT NULL CHECK (state IN ('claimed', 'released', 'settling', 'uncertain', 'settled', 'delivered', 'failed')),
            reason TEXT,
            transaction_hash BLOB CHECK (length(transaction_hash) = 32),
            claimed_at INTEGER NOT NULL,
            settled_at INTEGER CHECK ((settled_at IS NOT NULL) = (state IN ('settled', 'delivered'))),
            -- The lock of the whole pay desk: one authorization, one payment.
            UNIQUE (nonce, payer, asset, chain_id)
        ) STRICT;
        CREATE INDEX payments_open ON payments(payer, product_id) WHERE state IN ('claimed', 'settling', 'uncertain');

        CREATE TABLE attempts(
            id INTEGER PRIMARY KEY,
            payment_id INTEGER NOT NULL REFERENCES payments,
            transaction_hash BLOB NOT NULL CHECK (length(transaction_hash) = 32),
            raw BLOB NOT NULL,
            settler BLOB NOT NULL CHECK (length(settler) = 20),
            account_nonce INTEGER NOT NULL CHECK (account_nonce >= 0),
            fee_limit TEXT NOT NULL,
            fee_paid TEXT,
            reverted INTEGER NOT NULL DEFAULT 0 CHECK (reverted IN (0, 1)),
            at INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX attempts_by_payment ON attempts(payment_id);
        CREATE INDEX attempts_by_transaction ON attempts(transaction_hash);
        CREATE INDEX attempts_reverted ON attempts(payment_id) WHERE reverted = 1;

        CREATE TABLE orders(
            id INTEGER PRIMARY KEY,
            payment_id INTEGER NOT NULL UNIQUE REFERENCES payments,
            product_id INTEGER NOT NULL REFERENCES products,
            content BLOB NOT NULL CHECK (length(content) = 32),
            at INTEGER NOT NULL
        ) STRICT;

        CREATE TABLE entitlements(
            payer BLOB NOT NULL CHECK (length(payer) = 20),
            product_id INTEGER NOT NULL REFERENCES products,
            sandbox INTEGER NOT NULL CHECK (sandbox IN (0, 1)),
            order_id INTEGER NOT NULL REFERENCES orders,
            PRIMARY KEY (payer, product_id, sandbox, order_id)
        ) STRICT, WITHOUT ROWID;

        -- Every practice wallet starts with the same money; only what it spent is stored.
        CREATE TABLE sandbox_wallets(
            payer BLOB PRIMARY KEY CHECK (length(payer) = 20),
            spent INTEGER NOT NULL CHECK (spent >= 0)
        ) STRICT, WITHOUT ROWID;

        -- Money that arrived by an authorization that we had not claimed: never adopted, always listed.
        CREATE TABLE unmatched_income(
            chain_id INTEGER NOT NULL,
            asset BLOB NOT NULL,
            payer BLOB NOT NULL,
            nonce BLOB NOT NULL,
            amount ANY NOT NULL,
            at INTEGER NOT NULL,
            PRIMARY KEY (chain_id, asset, payer, nonce)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE events(
            sequence INTEGER PRIMARY KEY,
            kind TEXT NOT NULL,
            subject INTEGER NOT NULL,
            actor TEXT NOT NULL,
            at INTEGER NOT NULL
        ) STRICT;
        """
}
