-- What generated calls say: 50,000 texts of 30 words, of a vocabulary of 20,000 of
-- which few are frequent.
\set ON_ERROR_STOP on
SELECT FROM setseed(0.17);
CREATE TABLE documents (id INTEGER PRIMARY KEY, turns TEXT NOT NULL, words TSVECTOR NOT NULL);
INSERT INTO documents
SELECT id, '[{"text":"' || min(word) || '"}]', array_to_tsvector(array_agg(DISTINCT word))
FROM (SELECT id, 'word' || floor(20000 * power(random(), 4)) AS word FROM generate_series(0, 49999) AS id, generate_series(1, 30)) AS words
GROUP BY id;
ALTER TABLE call_ids DROP CONSTRAINT call_ids_pkey;
