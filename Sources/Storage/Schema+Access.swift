extension Schema {
    /// Who may come in. What tells of a person stands sealed with that person's key; how to find it, as a blind index.
    static let access = """
        -- What is moved or deleted leaves no trace in the file.
        PRAGMA secure_delete = ON;

        ALTER TABLE people RENAME TO people_before;

        CREATE TABLE people(
            -- Never given twice: a key that was destroyed stays destroyed.
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            email_index BLOB UNIQUE CHECK (length(email_index) = 32),
            email BLOB,
            name BLOB,
            notes BLOB,
            -- From the time before sealing; sealed and emptied at the next start.
            email_plain TEXT UNIQUE,
            password TEXT CHECK (password LIKE '$argon2id$%'),
            role TEXT NOT NULL CHECK (role IN ('owner', 'manager', 'support', 'analyst', 'agent')),
            state TEXT NOT NULL CHECK (state IN ('active', 'disabled', 'erased')),
            seed BLOB,
            -- Waits for its first code.
            seed_pending BLOB,
            -- The 30 seconds whose code was used last.
            step INTEGER NOT NULL DEFAULT 0,
            created_at INTEGER NOT NULL,
            updated_at INTEGER NOT NULL,
            signed_in_at INTEGER,
            -- When the key of somebody erased was destroyed.
            destroyed_at INTEGER CHECK (destroyed_at IS NULL OR state = 'erased'),
            revision INTEGER NOT NULL CHECK (revision > 0),
            CHECK (state <> 'erased' OR coalesce(email_index, email, name, notes, email_plain, password, seed, seed_pending) IS NULL),
            CHECK (state = 'erased' OR (email_index IS NOT NULL AND email IS NOT NULL) <> (email_plain IS NOT NULL))
        ) STRICT;
        CREATE INDEX people_owning ON people(id) WHERE role = 'owner' AND state = 'active';

        INSERT INTO people(id, email_plain, password, role, state, created_at, updated_at, revision)
            SELECT id, email, password, role, 'active', created_at, created_at, 1 FROM people_before;
        DROP TABLE people_before;

        CREATE TABLE recovery_codes(
            person_id INTEGER NOT NULL REFERENCES people,
            hash BLOB NOT NULL CHECK (length(hash) = 32),
            used_at INTEGER,
            PRIMARY KEY (person_id, hash)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE sessions(
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            person_id INTEGER NOT NULL REFERENCES people,
            device BLOB NOT NULL,
            created_at INTEGER NOT NULL,
            seen_at INTEGER NOT NULL,
            expires_at INTEGER NOT NULL,
            ended_at INTEGER,
            ending TEXT CHECK (ending IN ('signed_out', 'ended', 'reuse', 'password_changed', 'disabled', 'erased')),
            CHECK ((ended_at IS NULL) = (ending IS NULL))
        ) STRICT;
        CREATE INDEX sessions_by_person ON sessions(person_id);

        -- A session's refresh tokens, the used ones too: one that comes a second time is a copy.
        CREATE TABLE refresh_tokens(
            hash BLOB PRIMARY KEY CHECK (length(hash) = 32),
            session_id INTEGER NOT NULL REFERENCES sessions,
            created_at INTEGER NOT NULL,
            used_at INTEGER
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX refresh_tokens_by_session ON refresh_tokens(session_id);
        CREATE INDEX refresh_tokens_used ON refresh_tokens(used_at) WHERE used_at IS NOT NULL;

        CREATE TABLE signing_keys(
            kid TEXT PRIMARY KEY,
            public BLOB NOT NULL CHECK (length(public) = 32),
            private BLOB NOT NULL,
            created_at INTEGER NOT NULL,
            -- From then on it verifies and signs nothing new.
            retired_at INTEGER
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE api_keys(
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            prefix TEXT NOT NULL UNIQUE CHECK (length(prefix) = 8),
            hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
            name TEXT NOT NULL,
            role TEXT NOT NULL CHECK (role IN ('owner', 'manager', 'support', 'analyst', 'agent')),
            -- Lists with commas; NULL is no limit, '' nothing at all.
            scopes TEXT,
            products TEXT,
            addresses TEXT,
            budget TEXT,
            budget_currency TEXT CHECK (length(budget_currency) = 3),
            spent TEXT NOT NULL DEFAULT '0',
            expires_at INTEGER,
            created_by TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            used_at INTEGER,
            revoked_at INTEGER,
            CHECK ((budget IS NULL) = (budget_currency IS NULL))
        ) STRICT;
        CREATE INDEX api_keys_by_maker ON api_keys(created_by);

        CREATE TABLE setup_links(
            hash BLOB PRIMARY KEY CHECK (length(hash) = 32),
            -- NULL for the owner to come.
            person_id INTEGER REFERENCES people,
            created_at INTEGER NOT NULL,
            expires_at INTEGER NOT NULL,
            used_at INTEGER
        ) STRICT, WITHOUT ROWID;

        -- What a person did and what was done to them; the events of sales stand in neither.
        CREATE INDEX events_by_people ON events(actor) WHERE actor GLOB 'person:*';
        CREATE INDEX events_about_people ON events(subject) WHERE kind GLOB 'person.*' OR kind GLOB 'password.*' OR kind GLOB 'two_step.*'
            OR kind GLOB 'setup_link.*' OR kind GLOB 'session.*';
        """
}
