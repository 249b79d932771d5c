-- What was found out about calls. PostgreSQL has the same tables in partitions;
-- queries are the same for both. Times are microseconds since 1970, UTC: there are
-- millions of rows, with several indexes.

-- +goose Up

-- Which event has used a call's id, for good.
CREATE TABLE call_ids (
    call_id TEXT PRIMARY KEY,
    sha256  BLOB NOT NULL,
    at      BIGINT NOT NULL
) WITHOUT ROWID;

-- "at" is when a call was stored; no two calls share a moment. It is the number of
-- its row, by which the words are found and put in order.
CREATE TABLE calls (
    at                   INTEGER PRIMARY KEY,
    call_id              TEXT NOT NULL,
    task                 TEXT NOT NULL,
    channel              TEXT NOT NULL,
    language             TEXT NOT NULL,
    received             BIGINT NOT NULL,
    source               TEXT NOT NULL,
    topic                TEXT NOT NULL,
    topic_partition      INTEGER NOT NULL,
    topic_offset         BIGINT NOT NULL,
    produced             BIGINT NOT NULL,
    audio                BOOLEAN NOT NULL,
    anonymizer           TEXT NOT NULL,
    status               TEXT NOT NULL,
    answered             BIGINT NOT NULL,
    company              TEXT NOT NULL,
    model                TEXT NOT NULL,
    confidence           DOUBLE PRECISION NOT NULL,
    threshold            DOUBLE PRECISION NOT NULL,
    named                TEXT NOT NULL,
    runner_up            TEXT NOT NULL,
    runner_up_confidence DOUBLE PRECISION NOT NULL,
    error_code           TEXT NOT NULL
);
CREATE INDEX calls_task ON calls (task, at);
CREATE INDEX calls_channel ON calls (channel, at);
CREATE INDEX calls_language ON calls (language, at);
CREATE INDEX calls_status ON calls (status, at);
CREATE INDEX calls_company ON calls (company, at);
CREATE INDEX calls_model ON calls (model, at);
CREATE INDEX calls_confidence ON calls (confidence, at);

-- What was said, redacted. It is written once: an answer does not move it.
CREATE TABLE transcripts (
    at      INTEGER PRIMARY KEY,
    call_id TEXT NOT NULL,
    turns   TEXT NOT NULL,
    spans   TEXT NOT NULL
);
CREATE VIRTUAL TABLE transcript_words USING fts5 (words, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii');

-- Counts of answered calls by hour of "at". The sums are whole numbers, so that
-- they are the same in whatever order they were added up.
CREATE TABLE call_hours (
    hour        BIGINT NOT NULL,
    task        TEXT NOT NULL,
    company     TEXT NOT NULL,
    status      TEXT NOT NULL,
    shard       INTEGER NOT NULL, -- calls of the same moment wait less for each other
    calls       BIGINT NOT NULL,
    confidence  BIGINT NOT NULL,  -- millionths
    timed       BIGINT NOT NULL,  -- calls of which the latency is known
    latency     BIGINT NOT NULL,  -- microseconds
    latency_0   BIGINT NOT NULL,  -- how many took how long, see results.Latency
    latency_1   BIGINT NOT NULL,
    latency_2   BIGINT NOT NULL,
    latency_3   BIGINT NOT NULL,
    latency_4   BIGINT NOT NULL,
    latency_5   BIGINT NOT NULL,
    latency_6   BIGINT NOT NULL,
    latency_7   BIGINT NOT NULL,
    latency_8   BIGINT NOT NULL,
    PRIMARY KEY (hour, task, company, status, shard)
) WITHOUT ROWID;
CREATE INDEX call_hours_company ON call_hours (company, status, task, hour);

-- What is still to be published.
CREATE TABLE call_outbox (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    call_id TEXT NOT NULL,
    value   BLOB NOT NULL,
    taken   BIGINT NOT NULL -- until when a relay has it
);

-- The newest row holds.
CREATE TABLE intake_changes (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    paused BOOLEAN NOT NULL,
    at     BIGINT NOT NULL,
    who    TEXT NOT NULL
);

-- +goose Down
DROP TABLE intake_changes;
DROP TABLE call_outbox;
DROP TABLE call_hours;
DROP TABLE transcript_words;
DROP TABLE transcripts;
DROP TABLE calls;
DROP TABLE call_ids;
