-- Counts of answered calls by day of UTC, as those by hour: whoever asks for months
-- need not read hours.

-- +goose Up
CREATE TABLE call_days (
    hour        BIGINT NOT NULL, -- with which the day begins
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
) WITH (fillfactor = 50);
INSERT INTO call_days
SELECT hour - hour % 86400000000, task, company, status, shard, sum(calls), sum(confidence), sum(timed), sum(latency), sum(latency_0), sum(latency_1), sum(latency_2), sum(latency_3), sum(latency_4), sum(latency_5), sum(latency_6), sum(latency_7), sum(latency_8), min(lowest), max(highest)
FROM call_hours GROUP BY 1, 2, 3, 4, 5;

-- +goose Down
DROP TABLE call_days;
