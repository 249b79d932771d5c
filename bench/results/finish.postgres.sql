-- Counts of the generated calls, a few that wait for their answer, and statistics.
\set ON_ERROR_STOP on
SET maintenance_work_mem = '1GB';
ALTER TABLE call_ids ADD PRIMARY KEY (call_id);
INSERT INTO call_hours
SELECT at - at % 3600000000, task, company, status, (hashint8(at) & 1), count(*), sum((confidence * 1000000)::bigint), count(*), sum(answered - produced),
    0, 0, 0, 0, count(*), 0, 0, 0, 0
FROM calls GROUP BY 1, 2, 3, 4, 5;
UPDATE calls SET status = 'redacted', company = '', model = '', confidence = 0 WHERE at > (SELECT max(at) FROM calls) - 600000000 AND call_id LIKE '%7';
VACUUM ANALYZE;
