-- Generated calls as those of day.postgres.sql, a million in ten days.
PRAGMA synchronous = OFF;
PRAGMA cache_size = -500000;
CREATE TABLE documents (id INTEGER PRIMARY KEY, words TEXT NOT NULL);
INSERT INTO documents
WITH RECURSIVE ids (id) AS (SELECT 0 UNION ALL SELECT id + 1 FROM ids WHERE id < 49999),
    places (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM places WHERE n < 30),
    shares (id, share) AS (SELECT id, (random() & 1048575) / 1048576.0 FROM ids, places)
SELECT id, group_concat('word' || CAST(20000 * share * share * share * share AS INTEGER), ' ') FROM shares GROUP BY id;

CREATE TEMP TABLE numbers AS
WITH RECURSIVE numbers (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM numbers WHERE i < 999999)
SELECT i, (random() & 1048575) / 1048576.0 AS t, (random() & 1048575) / 1048576.0 AS h, (random() & 1048575) / 1048576.0 AS l, (random() & 1048575) / 1048576.0 AS c,
    (random() & 1048575) / 1048576.0 AS q, (random() & 1048575) / 1048576.0 AS s, random() & 1048575 AS r,
    (random() & 1048575) / 1048576.0 AS d, (random() & 1048575) / 1048576.0 AS j, random() & 2147483647 AS turn FROM numbers;

INSERT INTO calls (at, call_id, task, channel, language, received, source, topic, topic_partition, topic_offset, produced, audio, anonymizer, status, answered, company, model,
    confidence, threshold, named, runner_up, runner_up_confidence, error_code, sampled, second, held, turn, judged, label)
SELECT 1794182400000000 + i * 864000, 'c' || i,
    CASE WHEN t < 0.8 THEN 'telecom' WHEN t < 0.95 THEN 'airlines' ELSE 'banks' END,
    CASE WHEN h < 0.7 THEN 'phone' WHEN h < 0.9 THEN 'chat' WHEN h < 0.9999 THEN 'app' ELSE 'fax' END,
    CASE WHEN l < 0.6 THEN 'en' WHEN l < 0.9999 THEN 'de' ELSE 'da' END,
    1794182400000000 + i * 864000 - 900000, 'kafka', 'calls', i % 12, i, 1794182400000000 + i * 864000 - 800000, t < 0.3, 'calls-1', status, 1794182400000000 + i * 864000 + 400000, company,
    CASE WHEN r % 100000 = 7 THEN 'ft:rare:own:sb-0000' WHEN i < 700000 THEN 'ft:base:own:sb-1111' ELSE 'ft:base:own:sb-2222' END,
    CASE status WHEN 'classified' THEN 1 - q * q * q / 2 WHEN 'unsure' THEN q / 2 ELSE 0 END, 0.5,
    CASE WHEN status IN ('classified', 'unsure') THEN printf('Company%02d', 20 * q) ELSE '' END, '', q / 4, '',
    sampled, sampled AND d < 0.0067, sampled AND q < 0.5, turn, judged,
    CASE WHEN judged = 0 THEN '' WHEN h < 0.9 AND status = 'classified' THEN company ELSE printf('Company%02d', 20 * h) END
FROM (SELECT *, CASE WHEN sampled AND j < 0.05 THEN 1 + (d < 0.0067 AND j < 0.03) WHEN status = 'unsure' AND j < 0.005 THEN 1 ELSE 0 END AS judged,
        CASE status WHEN 'classified' THEN CASE WHEN r < 20 THEN 'RareCompany' ELSE printf('Company%02d', 20 * c * c * sqrt(c)) END WHEN 'unsure' THEN 'Unknown' ELSE '' END AS company
      FROM (SELECT *, d < 0.02 AND status IN ('classified', 'unsure', 'invalid') AS sampled
            FROM (SELECT *, CASE WHEN s < 0.87 THEN 'classified' WHEN s < 0.985 THEN 'unsure' WHEN s < 0.99 THEN 'empty' WHEN s < 0.995 THEN 'no_speech' WHEN s < 0.9999 THEN 'failed' ELSE 'invalid' END AS status
                  FROM numbers)));
INSERT INTO call_ids SELECT call_id, randomblob(32), at FROM calls ORDER BY call_id;
INSERT INTO transcripts SELECT at, call_id, '[]', '{"name":1}' FROM calls;
INSERT INTO transcript_words (rowid, words) SELECT c.at, d.words FROM calls c JOIN documents d ON d.id = (c.at / 864000 * 7919) % 50000 ORDER BY c.at;
INSERT INTO call_hours (hour, task, company, status, shard, calls, confidence, timed, latency, latency_0, latency_1, latency_2, latency_3, latency_4, latency_5, latency_6, latency_7, latency_8, lowest, highest)
SELECT at - at % 3600000000, task, company, status, at / 864000 % 2, count(*), sum(CAST(confidence * 1000000 AS INTEGER)), count(*), sum(answered - produced), 0, 0, 0, 0, count(*), 0, 0, 0, 0,
    floor(min(confidence) * 1000000), ceil(max(confidence) * 1000000)
FROM calls GROUP BY 1, 2, 3, 4, 5;
INSERT INTO call_days (hour, task, company, status, shard, calls, confidence, timed, latency, latency_0, latency_1, latency_2, latency_3, latency_4, latency_5, latency_6, latency_7, latency_8, lowest, highest)
SELECT hour - hour % 86400000000, task, company, status, shard, sum(calls), sum(confidence), sum(timed), sum(latency), sum(latency_0), sum(latency_1), sum(latency_2), sum(latency_3), sum(latency_4), sum(latency_5), sum(latency_6), sum(latency_7), sum(latency_8), min(lowest), max(highest)
FROM call_hours GROUP BY 1, 2, 3, 4, 5;
INSERT INTO judgements (call_id, call_at, task, label, reason, reviewer, at, undone, holds, model, company, named, confidence, threshold, status, sampled, held)
SELECT call_id, at, task, label, '', 'person-' || (at / 1000 % 7 + n) % 7, at + n, 0, 1, model, company, named, confidence, threshold, status, sampled, held
FROM calls CROSS JOIN (SELECT 0 AS n UNION ALL SELECT 1) WHERE n < judged;
INSERT INTO judged_days SELECT task, call_at - call_at % 86400000000, 1, '' FROM judgements GROUP BY 1, 2;
UPDATE calls SET status = 'redacted', company = '', model = '', confidence = 0 WHERE at > (SELECT max(at) FROM calls) - 600000000 AND call_id LIKE '%7' AND judged = 0;
DROP TABLE documents;
ANALYZE;
