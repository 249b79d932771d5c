-- What was found out about calls. SQLite has the same tables without partitions;
-- queries are the same for both. Times are microseconds since 1970, UTC: there are
-- millions of rows, with several indexes.

-- +goose Up

-- Which event has used a call's id, for good: no partition is part of the key.
CREATE TABLE call_ids (
    call_id TEXT COLLATE "C" PRIMARY KEY,
    sha256  BYTEA NOT NULL,
    at      BIGINT NOT NULL
);

-- By day of "at", when a call was stored, which no sender's clock disturbs; no two
-- calls share a moment. The program makes the partitions. There is none by default: it would keep the server
-- from reading the newest day first and stopping there.
CREATE TABLE calls (
    at                   BIGINT PRIMARY KEY,
    call_id              TEXT COLLATE "C" NOT NULL,
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
) PARTITION BY RANGE (at);
CREATE INDEX calls_task ON calls (task, at);
CREATE INDEX calls_channel ON calls (channel, at);
CREATE INDEX calls_language ON calls (language, at);
CREATE INDEX calls_status ON calls (status, at);
CREATE INDEX calls_company ON calls (company, at);
CREATE INDEX calls_model ON calls (model, at);
CREATE INDEX calls_confidence ON calls (confidence, at);

-- What was said, redacted. It is written once: an answer does not move it.
CREATE TABLE transcripts (
    at      BIGINT PRIMARY KEY,
    call_id TEXT COLLATE "C" NOT NULL,
    turns   TEXT NOT NULL,
    spans   TEXT NOT NULL,
    words   TSVECTOR NOT NULL
) PARTITION BY RANGE (at);
CREATE INDEX transcripts_words ON transcripts USING gin (words);

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
) WITH (fillfactor = 50);
CREATE INDEX call_hours_company ON call_hours (company, status, task, hour);

-- What is still to be published.
CREATE TABLE call_outbox (
    id      BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    call_id TEXT NOT NULL,
    value   BYTEA NOT NULL,
    taken   BIGINT NOT NULL -- until when a relay has it
);

-- The newest row holds.
CREATE TABLE intake_changes (
    id     BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    paused BOOLEAN NOT NULL,
    at     BIGINT NOT NULL,
    who    TEXT NOT NULL
);

-- +goose Down
DROP TABLE intake_changes;
DROP TABLE call_outbox;
DROP TABLE call_hours;
DROP TABLE transcripts;
DROP TABLE calls;
DROP TABLE call_ids;
