extension Schema {
    /// Payments that are settled for other shops: payments like all others, by the same lock, which sell nothing here. They are of a product
    /// that is none, number 0, so that nothing of a sale has to know of them.
    static let desk = """
        INSERT INTO products(id, slug, title, summary, kind, state, price, currency, tags, repeatable, content, content_length, media_type,
                file_name, created_at, updated_at, revision)
            VALUES (0, '', '', '', 'file', 'archived', '0', 'USD', '', 1, zeroblob(32), 0, '', '', 0, 0, 1);

        CREATE TABLE desk_payments(
            payment_id INTEGER PRIMARY KEY REFERENCES payments ON DELETE CASCADE,
            -- Who had it settled, such as key:7.
            caller TEXT NOT NULL,
            -- What of a key's budget is spent by it, in the budget's currency; given back when it comes to nothing.
            key_id INTEGER REFERENCES api_keys,
            amount TEXT,
            CHECK ((key_id IS NULL) = (amount IS NULL))
        ) STRICT;
        """
}
