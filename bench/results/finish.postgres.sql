-- Counts of the generated calls, a few that wait for their answer, and statistics.
\set ON_ERROR_STOP on
SET maintenance_work_mem = '1GB';
ALTER TABLE call_ids ADD PRIMARY KEY (call_id);
INSERT INTO call_hours (hour, task, company, status, shard, calls, confidence, timed, latency, latency_0, latency_1, latency_2, latency_3, latency_4, latency_5, latency_6, latency_7, latency_8, lowest, highest)
SELECT at - at % 3600000000, task, company, status, (hashint8(at) & 1), count(*), sum((confidence * 1000000)::bigint), count(*), sum(answered - produced),
    0, 0, 0, 0, count(*), 0, 0, 0, 0, floor(min(confidence) * 1000000), ceil(max(confidence) * 1000000)
FROM calls GROUP BY 1, 2, 3, 4, 5;
INSERT INTO call_days (hour, task, company, status, shard, calls, confidence, timed, latency, latency_0, latency_1, latency_2, latency_3, latency_4, latency_5, latency_6, latency_7, latency_8, lowest, highest)
SELECT hour - hour % 86400000000, task, company, status, shard, sum(calls), sum(confidence), sum(timed), sum(latency), sum(latency_0), sum(latency_1), sum(latency_2), sum(latency_3), sum(latency_4), sum(latency_5), sum(latency_6), sum(latency_7), sum(latency_8), min(lowest), max(highest)
FROM call_hours GROUP BY 1, 2, 3, 4, 5;
INSERT INTO judgements (call_id, call_at, task, label, reason, reviewer, at, undone, holds, model, company, named, confidence, threshold, status, sampled, held)
SELECT call_id, at, task, label, '', 'person-' || (at / 1000 % 7 + n) % 7, at + n, 0, true, model, company, named, confidence, threshold, status, sampled, held
FROM calls CROSS JOIN generate_series(0, 1) AS n WHERE n < judged;
INSERT INTO judged_days SELECT task, call_at - call_at % 86400000000, 1, '' FROM judgements GROUP BY 1, 2;
UPDATE calls SET status = 'redacted', company = '', model = '', confidence = 0 WHERE at > (SELECT max(at) FROM calls) - 600000000 AND call_id LIKE '%7' AND judged = 0;
VACUUM ANALYZE;
