-- Who may see and change what, and what they did. Times are microseconds since
-- 1970, UTC; 0 is never.

-- +goose Up

-- Whoever has a login has a password here; whoever has a subject is known to an
-- identity provider.
CREATE TABLE users (
    id       TEXT PRIMARY KEY,
    name     TEXT NOT NULL,
    login    TEXT UNIQUE,
    subject  TEXT UNIQUE,
    password TEXT NOT NULL,
    role     TEXT NOT NULL CHECK (role IN ('viewer', 'reviewer', 'admin')),
    language TEXT NOT NULL,
    created  BIGINT NOT NULL,
    disabled BIGINT NOT NULL
);

-- Of tokens only their hashes are known here.
CREATE TABLE sessions (
    token_hash TEXT PRIMARY KEY,
    user_id    TEXT NOT NULL REFERENCES users (id),
    began      BIGINT NOT NULL,
    seen       BIGINT NOT NULL
);
CREATE INDEX sessions_user ON sessions (user_id);

-- A link that lets its holder choose a password, once. Without a user it makes one.
CREATE TABLE invitations (
    token_hash TEXT PRIMARY KEY,
    user_id    TEXT NOT NULL,
    role       TEXT NOT NULL,
    expires    BIGINT NOT NULL
);

-- Rows are only ever added. Ids sort by time.
CREATE TABLE audit (
    id      TEXT PRIMARY KEY,
    at      BIGINT NOT NULL,
    account TEXT NOT NULL,
    action  TEXT NOT NULL,
    target  TEXT NOT NULL,
    details TEXT NOT NULL
);
CREATE INDEX audit_account ON audit (account, id);
CREATE INDEX audit_action ON audit (action, id);
CREATE INDEX audit_target ON audit (target, id);

CREATE TABLE saved_views (
    account TEXT NOT NULL,
    name    TEXT NOT NULL,
    query   TEXT NOT NULL,
    PRIMARY KEY (account, name)
);

-- +goose Down
DROP TABLE saved_views;
DROP TABLE audit;
DROP TABLE invitations;
DROP TABLE sessions;
DROP TABLE users;
