-- One schema for SQLite and PostgreSQL. Times are text, UTC, to the microsecond,
-- so that they sort and can be read; JSON is text.

-- +goose Up
CREATE TABLE models (
    id              TEXT PRIMARY KEY,
    provider_url    TEXT NOT NULL,
    base_model      TEXT NOT NULL,
    created         TEXT NOT NULL,
    test_accuracy   DOUBLE PRECISION NOT NULL,
    test_coverage   DOUBLE PRECISION NOT NULL,
    threshold       DOUBLE PRECISION NOT NULL,
    workflow_id     TEXT NOT NULL,
    run_id          TEXT NOT NULL,
    retired         TEXT,
    details         TEXT NOT NULL
);
CREATE INDEX models_created ON models (created);

-- The primary key is what makes one champion of it.
CREATE TABLE aliases (
    alias    TEXT PRIMARY KEY CHECK (alias IN ('champion', 'challenger')),
    model_id TEXT NOT NULL REFERENCES models (id)
);

-- Rows are only ever added.
CREATE TABLE model_changes (
    seq      BIGINT PRIMARY KEY,
    at       TEXT NOT NULL,
    action   TEXT NOT NULL,
    model_id TEXT NOT NULL,
    previous TEXT NOT NULL,
    who      TEXT NOT NULL,
    why      TEXT NOT NULL,
    run      TEXT NOT NULL
);
CREATE INDEX model_changes_model ON model_changes (model_id);

CREATE TABLE corrections (
    conversation_id BIGINT PRIMARY KEY,
    label           TEXT NOT NULL,
    author          TEXT NOT NULL,
    at              TEXT NOT NULL,
    imported        TEXT NOT NULL
);

CREATE TABLE retrainings (
    run         TEXT PRIMARY KEY,
    at          TEXT NOT NULL,
    decision    TEXT NOT NULL,
    reason      TEXT NOT NULL,
    details     TEXT NOT NULL
);
CREATE INDEX retrainings_at ON retrainings (at);

-- +goose Down
DROP TABLE retrainings;
DROP TABLE corrections;
DROP TABLE model_changes;
DROP TABLE aliases;
DROP TABLE models;
