-- One day of generated calls, 500,000, in partitions of their own that are attached
-- when they have their indexes. The day is given as -v day=2026-11-28, and the
-- documents are there (documents.postgres.sql).
\set ON_ERROR_STOP on
SELECT to_char(:'day'::date, 'YYYYMMDD') AS name, (extract(epoch FROM :'day'::date) * 1000000)::bigint AS begin \gset
SET synchronous_commit = off;
SET maintenance_work_mem = '1GB';

CREATE TABLE calls_:name (LIKE calls INCLUDING DEFAULTS);
CREATE TABLE transcripts_:name (LIKE transcripts INCLUDING DEFAULTS);

INSERT INTO calls_:name (at, call_id, task, channel, language, received, source, topic, topic_partition, topic_offset, produced, audio, anonymizer, status, answered, company, model,
    confidence, threshold, named, runner_up, runner_up_confidence, error_code, sampled, second, held, turn, judged, label)
SELECT at, call_id,
    CASE WHEN t < 0.8 THEN 'telecom' WHEN t < 0.95 THEN 'airlines' ELSE 'banks' END,
    CASE WHEN h < 0.7 THEN 'phone' WHEN h < 0.9 THEN 'chat' WHEN h < 0.9999 THEN 'app' ELSE 'fax' END,
    CASE WHEN l < 0.6 THEN 'en' WHEN l < 0.9999 THEN 'de' ELSE 'da' END,
    at - 900000, 'kafka', 'calls', (i % 12)::int, i, at - 800000, t < 0.3, 'calls-1',
    status, at + 400000, company,
    CASE WHEN m < 0.00001 THEN 'ft:rare:own:sb-0000' WHEN at < 1794873600000000 THEN 'ft:base:own:sb-1111' ELSE 'ft:base:own:sb-2222' END,
    CASE status WHEN 'classified' THEN 1 - power(q, 3) / 2 WHEN 'unsure' THEN q / 2 ELSE 0 END, 0.5,
    CASE WHEN status IN ('classified', 'unsure') THEN 'Company' || lpad(floor(20 * q)::text, 2, '0') ELSE '' END, '', q / 4,
    CASE WHEN status = 'failed' THEN 'rate_limit' ELSE '' END,
    sampled, sampled AND d < 0.0067, sampled AND q < 0.5, (random() * 2147483646)::int,
    judged, CASE WHEN judged = 0 THEN '' WHEN random() < 0.9 AND status = 'classified' THEN company ELSE 'Company' || lpad(floor(20 * random())::text, 2, '0') END
FROM (SELECT *, CASE WHEN sampled AND j < 0.05 THEN 1 + (d < 0.0067 AND j < 0.03)::int WHEN status = 'unsure' AND j < 0.005 THEN 1 ELSE 0 END AS judged,
        CASE WHEN status = 'classified' THEN CASE WHEN r < 0.00001 THEN 'RareCompany' ELSE 'Company' || lpad(floor(20 * power(c, 2.5))::text, 2, '0') END
             WHEN status = 'unsure' THEN 'Unknown' ELSE '' END AS company
      FROM (SELECT *, d < 0.02 AND status IN ('classified', 'unsure', 'invalid') AS sampled
            FROM (SELECT :begin + i::bigint * 172800 + (random() * 1000)::int AS at, 'c' || :'name' || '-' || i AS call_id, i,
                    random() AS t, random() AS h, random() AS l, random() AS r, random() AS c, random() AS m, random() AS q, random() AS d, random() AS j,
                    CASE WHEN s < 0.87 THEN 'classified' WHEN s < 0.985 THEN 'unsure' WHEN s < 0.99 THEN 'empty' WHEN s < 0.995 THEN 'no_speech' WHEN s < 0.9999 THEN 'failed' ELSE 'invalid' END AS status
                  FROM (SELECT i, random() AS s FROM generate_series(0, 499999) AS i) AS n) AS calls) AS drawn) AS said;

INSERT INTO transcripts_:name
SELECT c.at, c.call_id, d.turns, '{"name":1}', d.words FROM calls_:name c JOIN documents d ON d.id = (hashint8(c.at) & 2147483647) % 50000;

INSERT INTO call_ids SELECT call_id, sha256(call_id::bytea), at FROM calls_:name;

ALTER TABLE calls_:name ADD PRIMARY KEY (at);
CREATE INDEX ON calls_:name (task, at);
CREATE INDEX ON calls_:name (channel, at);
CREATE INDEX ON calls_:name (language, at);
CREATE INDEX ON calls_:name (status, at);
CREATE INDEX ON calls_:name (company, at);
CREATE INDEX ON calls_:name (model, at);
CREATE INDEX ON calls_:name (confidence, at);
CREATE INDEX ON calls_:name (task, confidence, at) WHERE status = 'unsure' AND judged = 0 AND NOT sampled;
CREATE INDEX ON calls_:name (task, at) WHERE status = 'unsure' AND (judged > 0 OR sampled);
CREATE INDEX ON calls_:name (task, turn, at) WHERE sampled AND judged = 0;
CREATE INDEX ON calls_:name (task, turn, at) WHERE second AND judged = 1;
CREATE INDEX ON calls_:name (at) WHERE judged > 0;
CREATE INDEX ON calls_:name (label, at) WHERE judged > 0;
ALTER TABLE transcripts_:name ADD PRIMARY KEY (at);
CREATE INDEX ON transcripts_:name USING gin (words);
ALTER TABLE calls ATTACH PARTITION calls_:name FOR VALUES FROM (:begin) TO (:begin + 86400000000);
ALTER TABLE transcripts ATTACH PARTITION transcripts_:name FOR VALUES FROM (:begin) TO (:begin + 86400000000);
