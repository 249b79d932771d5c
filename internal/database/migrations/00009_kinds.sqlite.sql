-- Counts tell calls that somebody made from conversations of datasets, and so do the
-- lists. What people said about the calls of a day is added up once, until somebody
-- says more. PostgreSQL has the same.

-- +goose Up
CREATE TABLE call_hours_new (
    hour        BIGINT NOT NULL,
    task        TEXT NOT NULL,
    company     TEXT NOT NULL,
    status      TEXT NOT NULL,
    shard       INTEGER NOT NULL,
    calls       BIGINT NOT NULL,
    confidence  BIGINT NOT NULL,
    timed       BIGINT NOT NULL,
    latency     BIGINT NOT NULL,
    latency_0   BIGINT NOT NULL,
    latency_1   BIGINT NOT NULL,
    latency_2   BIGINT NOT NULL,
    latency_3   BIGINT NOT NULL,
    latency_4   BIGINT NOT NULL,
    latency_5   BIGINT NOT NULL,
    latency_6   BIGINT NOT NULL,
    latency_7   BIGINT NOT NULL,
    latency_8   BIGINT NOT NULL,
    lowest      BIGINT NOT NULL,
    highest     BIGINT NOT NULL,
    conversation BOOLEAN NOT NULL DEFAULT FALSE,
    PRIMARY KEY (hour, task, company, status, conversation, shard)
) WITHOUT ROWID;
INSERT INTO call_hours_new SELECT hour, task, company, status, shard, calls, confidence, timed, latency, latency_0, latency_1, latency_2, latency_3, latency_4, latency_5, latency_6, latency_7, latency_8, lowest, highest, FALSE FROM call_hours;
DROP TABLE call_hours;
ALTER TABLE call_hours_new RENAME TO call_hours;
CREATE TABLE call_days_new (
    hour        BIGINT NOT NULL,
    task        TEXT NOT NULL,
    company     TEXT NOT NULL,
    status      TEXT NOT NULL,
    shard       INTEGER NOT NULL,
    calls       BIGINT NOT NULL,
    confidence  BIGINT NOT NULL,
    timed       BIGINT NOT NULL,
    latency     BIGINT NOT NULL,
    latency_0   BIGINT NOT NULL,
    latency_1   BIGINT NOT NULL,
    latency_2   BIGINT NOT NULL,
    latency_3   BIGINT NOT NULL,
    latency_4   BIGINT NOT NULL,
    latency_5   BIGINT NOT NULL,
    latency_6   BIGINT NOT NULL,
    latency_7   BIGINT NOT NULL,
    latency_8   BIGINT NOT NULL,
    lowest      BIGINT NOT NULL,
    highest     BIGINT NOT NULL,
    conversation BOOLEAN NOT NULL DEFAULT FALSE,
    PRIMARY KEY (hour, task, company, status, conversation, shard)
) WITHOUT ROWID;
INSERT INTO call_days_new SELECT hour, task, company, status, shard, calls, confidence, timed, latency, latency_0, latency_1, latency_2, latency_3, latency_4, latency_5, latency_6, latency_7, latency_8, lowest, highest, FALSE FROM call_days;
DROP TABLE call_days;
ALTER TABLE call_days_new RENAME TO call_days;
CREATE INDEX call_hours_company ON call_hours (company, status, task, hour);

-- The conversations that were counted with the calls. The shard is that of their id, by
-- its FNV-1a hash: of two shards it is told by how many bytes of the id are odd.
CREATE TEMPORARY TABLE conversations AS
SELECT at - at % 3600000000 AS hour, task, company, status,
    (1 + (WITH RECURSIVE digits (i) AS (SELECT 2 UNION ALL SELECT i + 2 FROM digits WHERE i < length(hex(call_id)))
    SELECT SUM(instr('13579BDF', substr(hex(call_id), i, 1)) > 0) FROM digits)) % 2 AS shard,
    COUNT(*) AS calls, SUM(CAST(round(confidence * 1000000) AS BIGINT)) AS confidence, MIN(CAST(floor(confidence * 1000000) AS BIGINT)) AS lowest, MAX(CAST(ceil(confidence * 1000000) AS BIGINT)) AS highest
FROM calls WHERE source = 'run' AND status NOT IN ('redacted', 'rejected') GROUP BY 1, 2, 3, 4, 5;
UPDATE call_hours SET calls = call_hours.calls - m.calls, confidence = call_hours.confidence - m.confidence
FROM (SELECT hour, task, company, status, shard, SUM(calls) AS calls, SUM(confidence) AS confidence FROM conversations GROUP BY 1, 2, 3, 4, 5) AS m
WHERE call_hours.hour = m.hour AND call_hours.task = m.task AND call_hours.company = m.company AND call_hours.status = m.status AND call_hours.shard = m.shard;
DELETE FROM call_hours WHERE calls <= 0;
INSERT INTO call_hours (hour, task, company, status, shard, calls, confidence, timed, latency, latency_0, latency_1, latency_2, latency_3, latency_4, latency_5, latency_6, latency_7, latency_8, lowest, highest, conversation)
SELECT hour, task, company, status, shard, SUM(calls), SUM(confidence), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, MIN(lowest), MAX(highest), TRUE
FROM conversations GROUP BY 1, 2, 3, 4, 5;
UPDATE call_days SET calls = call_days.calls - m.calls, confidence = call_days.confidence - m.confidence
FROM (SELECT hour - hour % 86400000000 AS hour, task, company, status, shard, SUM(calls) AS calls, SUM(confidence) AS confidence FROM conversations GROUP BY 1, 2, 3, 4, 5) AS m
WHERE call_days.hour = m.hour AND call_days.task = m.task AND call_days.company = m.company AND call_days.status = m.status AND call_days.shard = m.shard;
DELETE FROM call_days WHERE calls <= 0;
INSERT INTO call_days (hour, task, company, status, shard, calls, confidence, timed, latency, latency_0, latency_1, latency_2, latency_3, latency_4, latency_5, latency_6, latency_7, latency_8, lowest, highest, conversation)
SELECT hour - hour % 86400000000, task, company, status, shard, SUM(calls), SUM(confidence), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, MIN(lowest), MAX(highest), TRUE
FROM conversations GROUP BY 1, 2, 3, 4, 5;
DROP TABLE conversations;

ALTER TABLE judgements ADD COLUMN conversation BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE judgements SET conversation = TRUE WHERE call_at IN (SELECT at FROM calls WHERE source = 'run');

-- By day of judgements.call_at: the sums of what holds, as JSON, empty until somebody
-- asks for them; and how often they have changed.
CREATE TABLE judged_days (
    task    TEXT NOT NULL,
    day     BIGINT NOT NULL,
    changes BIGINT NOT NULL,
    sums    TEXT NOT NULL,
    PRIMARY KEY (task, day)
);
INSERT INTO judged_days SELECT task, call_at - call_at % 86400000000, 1, '' FROM judgements GROUP BY 1, 2;

CREATE INDEX calls_live ON calls (at) WHERE source <> 'run';
CREATE INDEX calls_dataset ON calls (at) WHERE source = 'run';

-- +goose Down
DROP INDEX calls_dataset;
DROP INDEX calls_live;
DROP TABLE judged_days;
ALTER TABLE judgements DROP COLUMN conversation;
CREATE TABLE call_hours_old (
    hour        BIGINT NOT NULL,
    task        TEXT NOT NULL,
    company     TEXT NOT NULL,
    status      TEXT NOT NULL,
    shard       INTEGER NOT NULL,
    calls       BIGINT NOT NULL,
    confidence  BIGINT NOT NULL,
    timed       BIGINT NOT NULL,
    latency     BIGINT NOT NULL,
    latency_0   BIGINT NOT NULL,
    latency_1   BIGINT NOT NULL,
    latency_2   BIGINT NOT NULL,
    latency_3   BIGINT NOT NULL,
    latency_4   BIGINT NOT NULL,
    latency_5   BIGINT NOT NULL,
    latency_6   BIGINT NOT NULL,
    latency_7   BIGINT NOT NULL,
    latency_8   BIGINT NOT NULL,
    lowest      BIGINT NOT NULL,
    highest     BIGINT NOT NULL,
    PRIMARY KEY (hour, task, company, status, shard)
) WITHOUT ROWID;
INSERT INTO call_hours_old SELECT hour, task, company, status, shard, SUM(calls), SUM(confidence), SUM(timed), SUM(latency), SUM(latency_0), SUM(latency_1), SUM(latency_2), SUM(latency_3), SUM(latency_4), SUM(latency_5), SUM(latency_6), SUM(latency_7), SUM(latency_8), MIN(lowest), MAX(highest) FROM call_hours GROUP BY 1, 2, 3, 4, 5;
DROP TABLE call_hours;
ALTER TABLE call_hours_old RENAME TO call_hours;
CREATE TABLE call_days_old (
    hour        BIGINT NOT NULL,
    task        TEXT NOT NULL,
    company     TEXT NOT NULL,
    status      TEXT NOT NULL,
    shard       INTEGER NOT NULL,
    calls       BIGINT NOT NULL,
    confidence  BIGINT NOT NULL,
    timed       BIGINT NOT NULL,
    latency     BIGINT NOT NULL,
    latency_0   BIGINT NOT NULL,
    latency_1   BIGINT NOT NULL,
    latency_2   BIGINT NOT NULL,
    latency_3   BIGINT NOT NULL,
    latency_4   BIGINT NOT NULL,
    latency_5   BIGINT NOT NULL,
    latency_6   BIGINT NOT NULL,
    latency_7   BIGINT NOT NULL,
    latency_8   BIGINT NOT NULL,
    lowest      BIGINT NOT NULL,
    highest     BIGINT NOT NULL,
    PRIMARY KEY (hour, task, company, status, shard)
) WITHOUT ROWID;
INSERT INTO call_days_old SELECT hour, task, company, status, shard, SUM(calls), SUM(confidence), SUM(timed), SUM(latency), SUM(latency_0), SUM(latency_1), SUM(latency_2), SUM(latency_3), SUM(latency_4), SUM(latency_5), SUM(latency_6), SUM(latency_7), SUM(latency_8), MIN(lowest), MAX(highest) FROM call_days GROUP BY 1, 2, 3, 4, 5;
DROP TABLE call_days;
ALTER TABLE call_days_old RENAME TO call_days;
CREATE INDEX call_hours_company ON call_hours (company, status, task, hour);
