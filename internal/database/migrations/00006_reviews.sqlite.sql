-- What people say about calls. PostgreSQL has the same tables.

-- +goose Up

-- Whether a call is part of the random sample, decided when its answer is stored,
-- and what people agree on, kept as they judge: how many of them do, and the label
-- that most of them give, empty if there is none.
ALTER TABLE calls ADD COLUMN sampled BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE calls ADD COLUMN second BOOLEAN NOT NULL DEFAULT FALSE; -- two people are to judge it
ALTER TABLE calls ADD COLUMN held BOOLEAN NOT NULL DEFAULT FALSE; -- judged, never trained on
ALTER TABLE calls ADD COLUMN turn INTEGER NOT NULL DEFAULT 0; -- which of the sample is judged first
ALTER TABLE calls ADD COLUMN judged INTEGER NOT NULL DEFAULT 0;
ALTER TABLE calls ADD COLUMN label TEXT NOT NULL DEFAULT '';
CREATE INDEX calls_uncertain ON calls (task, confidence, at) WHERE status = 'unsure' AND judged = 0 AND NOT sampled;
CREATE INDEX calls_known ON calls (task, at) WHERE status = 'unsure' AND (judged > 0 OR sampled);
CREATE INDEX calls_sample ON calls (task, turn, at) WHERE sampled AND judged = 0;
CREATE INDEX calls_second ON calls (task, turn, at) WHERE second AND judged = 1;
CREATE INDEX calls_judged ON calls (at) WHERE judged > 0;
CREATE INDEX calls_label ON calls (label, at) WHERE judged > 0;

-- No confidence of the calls that are counted, in millionths, is outside these.
ALTER TABLE call_hours ADD COLUMN lowest BIGINT NOT NULL DEFAULT 0;
ALTER TABLE call_hours ADD COLUMN highest BIGINT NOT NULL DEFAULT 1000000;

-- What one person says a call is about, and what a model had said. It outlives no
-- call: both are removed together.
CREATE TABLE judgements (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    call_id    TEXT NOT NULL,
    call_at    BIGINT NOT NULL, -- calls.at
    task       TEXT NOT NULL,
    label      TEXT NOT NULL,
    reason     TEXT NOT NULL,
    reviewer   TEXT NOT NULL,   -- an account's id
    at         BIGINT NOT NULL,
    undone     BIGINT NOT NULL, -- 0 if it is not
    holds      BOOLEAN NOT NULL, -- the newest of this person about this call that is not undone
    model      TEXT NOT NULL,
    company    TEXT NOT NULL,
    named      TEXT NOT NULL,
    confidence DOUBLE PRECISION NOT NULL,
    threshold  DOUBLE PRECISION NOT NULL,
    status     TEXT NOT NULL,
    sampled    BOOLEAN NOT NULL,
    held       BOOLEAN NOT NULL
);
CREATE INDEX judgements_call ON judgements (call_id);
CREATE INDEX judgements_reviewer ON judgements (reviewer, task, call_at);
CREATE INDEX judgements_task ON judgements (task, call_at);
CREATE INDEX judgements_day ON judgements (call_at);

-- Which calls somebody is looking at, so that nobody else is asked about them as well.
CREATE TABLE review_claims (
    call_id  TEXT PRIMARY KEY,
    reviewer TEXT NOT NULL,
    until    BIGINT NOT NULL
);

-- +goose Down
DROP TABLE review_claims;
DROP TABLE judgements;
ALTER TABLE call_hours DROP COLUMN highest;
ALTER TABLE call_hours DROP COLUMN lowest;
DROP INDEX calls_label;
DROP INDEX calls_judged;
DROP INDEX calls_second;
DROP INDEX calls_sample;
DROP INDEX calls_known;
DROP INDEX calls_uncertain;
ALTER TABLE calls DROP COLUMN label;
ALTER TABLE calls DROP COLUMN judged;
ALTER TABLE calls DROP COLUMN turn;
ALTER TABLE calls DROP COLUMN held;
ALTER TABLE calls DROP COLUMN second;
ALTER TABLE calls DROP COLUMN sampled;
