extension Schema {
    /// Products that are APIs, and the calls that were bought of them. The table of products is made anew, for a CHECK cannot be changed;
    /// the migrator has foreign keys off meanwhile and checks them all at the end.
    static let apis = """
        CREATE TABLE products_new(
            id INTEGER PRIMARY KEY,
            slug TEXT NOT NULL UNIQUE,
            title TEXT NOT NULL,
            summary TEXT NOT NULL,
            kind TEXT NOT NULL CHECK (kind IN ('file', 'article', 'api')),
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
            revision INTEGER NOT NULL CHECK (revision > 0),
            upstream TEXT CHECK ((upstream IS NOT NULL) = (kind = 'api')),
            -- Whether the machine's owner named it: no other may lead into private networks.
            upstream_trusted INTEGER CHECK (upstream_trusted IN (0, 1) AND upstream IS NOT NULL OR upstream_trusted IS NULL AND upstream IS NULL),
            upstream_header BLOB,
            -- A line for each.
            routes TEXT CHECK ((routes IS NULL) = (upstream IS NULL)),
            request_limit INTEGER CHECK (request_limit >= 0 AND upstream IS NOT NULL OR request_limit IS NULL AND upstream IS NULL),
            head_limit INTEGER CHECK (head_limit > 0 AND upstream IS NOT NULL OR head_limit IS NULL AND upstream IS NULL),
            whole_limit INTEGER CHECK (whole_limit > 0 AND upstream IS NOT NULL OR whole_limit IS NULL AND upstream IS NULL),
            credit_count INTEGER CHECK (credit_count > 0),
            credit_amount TEXT CHECK ((credit_amount IS NULL) = (credit_count IS NULL))
        ) STRICT;
        INSERT INTO products_new SELECT id, slug, title, summary, kind, state, price, currency, tags, repeatable, content, content_length,
            media_type, file_name, created_at, updated_at, revision, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM products;
        DROP TABLE products;
        ALTER TABLE products_new RENAME TO products;
        CREATE INDEX products_by_state ON products(state);

        -- What became of the answer to a call: 'open' while it is got and given, 'kept' when it waits for its buyer, 'lost' when it can
        -- never be given, 'done' when it was given or nothing is owed, 'refund_due' when it was paid and lost.
        CREATE TABLE calls(
            payment_id INTEGER PRIMARY KEY REFERENCES payments ON DELETE CASCADE,
            route TEXT NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('open', 'kept', 'lost', 'done', 'refund_due')),
            kept_until INTEGER CHECK ((kept_until IS NOT NULL) = (state = 'kept'))
        ) STRICT;
        CREATE INDEX calls_unfinished ON calls(state) WHERE state IN ('open', 'kept', 'lost');

        -- Calls that were answered before they were paid, until they are. One that is never paid stays: that wallet has no more credit.
        -- Of a payment that is gone, too: its number is never used again.
        CREATE TABLE call_credits(
            payment_id INTEGER PRIMARY KEY,
            payer BLOB NOT NULL CHECK (length(payer) = 20),
            product_id INTEGER NOT NULL REFERENCES products,
            chain_id INTEGER NOT NULL,
            asset BLOB NOT NULL CHECK (length(asset) = 20),
            amount ANY NOT NULL CHECK (typeof(amount) IN ('integer', 'text') AND amount > 0)
        ) STRICT;
        CREATE INDEX call_credits_by_payer ON call_credits(payer, product_id);

        ALTER TABLE payments ADD COLUMN refund_due_at INTEGER;
        CREATE INDEX payments_refund_due ON payments(refund_due_at) WHERE refund_due_at IS NOT NULL;
        """
}
