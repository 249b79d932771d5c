-- Keys with which calls may be sent to the intake. Of each only the hash is known here.
-- Times are microseconds since 1970, UTC; 0 is never.

-- +goose Up
CREATE TABLE call_keys (
    id      TEXT PRIMARY KEY,
    name    TEXT NOT NULL UNIQUE,
    hash    TEXT NOT NULL UNIQUE,
    account TEXT NOT NULL, -- of who made it
    created BIGINT NOT NULL,
    used    BIGINT NOT NULL, -- last, to the minute
    revoked BIGINT NOT NULL
);

-- +goose Down
DROP TABLE call_keys;
