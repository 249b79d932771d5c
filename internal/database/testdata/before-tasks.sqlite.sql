PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE goose_db_version (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
INSERT INTO goose_db_version VALUES(1,0,1,'2026-11-28 05:53:28');
INSERT INTO goose_db_version VALUES(2,1,1,'2026-11-28 05:53:28');
INSERT INTO goose_db_version VALUES(3,2,1,'2026-11-28 05:53:28');
INSERT INTO goose_db_version VALUES(4,3,1,'2026-11-28 05:53:28');
CREATE TABLE models (
    id              TEXT PRIMARY KEY,
    provider_url    TEXT NOT NULL,
    base_model      TEXT NOT NULL,
    created         TEXT NOT NULL,
    test_accuracy   DOUBLE PRECISION NOT NULL,
    test_coverage   DOUBLE PRECISION NOT NULL,
    threshold       DOUBLE PRECISION NOT NULL,
    workflow_id     TEXT NOT NULL,
    run_id          TEXT NOT NULL,
    retired         TEXT,
    details         TEXT NOT NULL
);
INSERT INTO models VALUES('ft:switchboard-softmax-1:own:sb-1','http://127.0.0.1:8090/v1','switchboard-softmax-1','2026-09-01T03:00:00.000000Z',0.9000000000000000222,0.8000000000000000444,0.51000000000000000888,'finetune-tweets-1','run-1','2026-11-28T05:53:28.040768Z','{"id":"ft:switchboard-softmax-1:own:sb-1","base_model":"switchboard-softmax-1","provider_url":"http://127.0.0.1:8090/v1","job_id":"ftjob-1","created":"2026-09-01T03:00:00Z","threshold":0.51,"asked_precision":0.95,"labels":{"path":"finetune-tweets-1/run-1/finetune/labels.json","sha256":"aa","bytes":7},"prompt_version":"p1","dataset_sha256":"d1","dataset_rows":1000,"anonymizer":"a1","validation_accuracy":0.91,"test_accuracy":0.9,"test_coverage":0.8,"confidences":{"3":5,"9":95},"parameters":{"dataset":"/data/tweets.csv","base_model":"switchboard-softmax-1","target_size":500,"min_class_size":30,"rare_classes":"drop","max_tweets":64,"test_share":0.1,"precision":0.95,"seed":1,"job_deadline":86400000000000},"code":"0123456789ab","workflow_id":"finetune-tweets-1","run_id":"run-1"}');
INSERT INTO models VALUES('ft:switchboard-softmax-1:own:sb-2','http://127.0.0.1:8090/v1','switchboard-softmax-1','2026-09-02T03:00:00.000000Z',0.9000000000000000222,0.8000000000000000444,0.52000000000000001776,'finetune-tweets-2','run-2',NULL,'{"id":"ft:switchboard-softmax-1:own:sb-2","base_model":"switchboard-softmax-1","provider_url":"http://127.0.0.1:8090/v1","job_id":"ftjob-2","created":"2026-09-02T03:00:00Z","threshold":0.52,"asked_precision":0.95,"labels":{"path":"finetune-tweets-2/run-2/finetune/labels.json","sha256":"aa","bytes":7},"prompt_version":"p1","dataset_sha256":"d2","dataset_rows":2000,"anonymizer":"a1","validation_accuracy":0.91,"test_accuracy":0.9,"test_coverage":0.8,"confidences":{"3":5,"9":95},"parameters":{"dataset":"/data/tweets.csv","base_model":"switchboard-softmax-1","target_size":500,"min_class_size":30,"rare_classes":"drop","max_tweets":64,"test_share":0.1,"precision":0.95,"seed":1,"job_deadline":86400000000000},"code":"0123456789ab","workflow_id":"finetune-tweets-2","run_id":"run-2"}');
INSERT INTO models VALUES('ft:switchboard-softmax-1:own:sb-3','http://127.0.0.1:8090/v1','switchboard-softmax-1','2026-09-03T03:00:00.000000Z',0.9000000000000000222,0.8000000000000000444,0.53000000000000002664,'finetune-tweets-3','run-3',NULL,'{"id":"ft:switchboard-softmax-1:own:sb-3","base_model":"switchboard-softmax-1","provider_url":"http://127.0.0.1:8090/v1","job_id":"ftjob-3","created":"2026-09-03T03:00:00Z","threshold":0.53,"asked_precision":0.95,"labels":{"path":"finetune-tweets-3/run-3/finetune/labels.json","sha256":"aa","bytes":7},"prompt_version":"p1","dataset_sha256":"d3","dataset_rows":3000,"anonymizer":"a1","validation_accuracy":0.91,"test_accuracy":0.9,"test_coverage":0.8,"confidences":{"3":5,"9":95},"parameters":{"dataset":"/data/tweets.csv","base_model":"switchboard-softmax-1","target_size":500,"min_class_size":30,"rare_classes":"drop","max_tweets":64,"test_share":0.1,"precision":0.95,"seed":1,"job_deadline":86400000000000},"code":"0123456789ab","workflow_id":"finetune-tweets-3","run_id":"run-3"}');
CREATE TABLE aliases (
    alias    TEXT PRIMARY KEY CHECK (alias IN ('champion', 'challenger')),
    model_id TEXT NOT NULL REFERENCES models (id)
);
INSERT INTO aliases VALUES('champion','ft:switchboard-softmax-1:own:sb-2');
INSERT INTO aliases VALUES('challenger','ft:switchboard-softmax-1:own:sb-3');
CREATE TABLE model_changes (
    seq      BIGINT PRIMARY KEY,
    at       TEXT NOT NULL,
    action   TEXT NOT NULL,
    model_id TEXT NOT NULL,
    previous TEXT NOT NULL,
    who      TEXT NOT NULL,
    why      TEXT NOT NULL,
    run      TEXT NOT NULL
);
INSERT INTO model_changes VALUES(1,'2026-11-28T05:53:28.037463Z','registered','ft:switchboard-softmax-1:own:sb-1','','finetune-tweets-1','judged on its test set','run-1');
INSERT INTO model_changes VALUES(2,'2026-11-28T05:53:28.037681Z','promoted','ft:switchboard-softmax-1:own:sb-1','','finetune-tweets-1','the first model: there is nothing to compare it with','run-1');
INSERT INTO model_changes VALUES(3,'2026-11-28T05:53:28.038134Z','registered','ft:switchboard-softmax-1:own:sb-2','','finetune-tweets-2','judged on its test set','run-2');
INSERT INTO model_changes VALUES(4,'2026-11-28T05:53:28.038613Z','registered','ft:switchboard-softmax-1:own:sb-3','','finetune-tweets-3','judged on its test set','run-3');
INSERT INTO model_changes VALUES(5,'2026-11-28T05:53:28.039308Z','challenged','ft:switchboard-softmax-1:own:sb-2','','retrain-tweets-2','trained to take the champion''s place','run-r2');
INSERT INTO model_changes VALUES(6,'2026-11-28T05:53:28.039787Z','promoted','ft:switchboard-softmax-1:own:sb-2','ft:switchboard-softmax-1:own:sb-1','retrain-tweets-2','better beyond chance','run-r2');
INSERT INTO model_changes VALUES(7,'2026-11-28T05:53:28.040289Z','challenged','ft:switchboard-softmax-1:own:sb-3','','retrain-tweets-3','trained to take the champion''s place','run-r3');
INSERT INTO model_changes VALUES(8,'2026-11-28T05:53:28.040789Z','retired','ft:switchboard-softmax-1:own:sb-1','','anna','trained on leaked labels','');
CREATE TABLE corrections (
    conversation_id BIGINT PRIMARY KEY,
    label           TEXT NOT NULL,
    author          TEXT NOT NULL,
    at              TEXT NOT NULL,
    imported        TEXT NOT NULL
);
INSERT INTO corrections VALUES(5,'BoltRail','person-67dd9ce3a424','2026-09-04T03:00:00.000000Z','2026-11-28T05:53:28.041100Z');
INSERT INTO corrections VALUES(7,'AcmeAir','person-67dd9ce3a424','2026-09-04T03:00:00.000000Z','2026-11-28T05:53:28.041100Z');
CREATE TABLE retrainings (
    run         TEXT PRIMARY KEY,
    at          TEXT NOT NULL,
    decision    TEXT NOT NULL,
    reason      TEXT NOT NULL,
    details     TEXT NOT NULL
);
INSERT INTO retrainings VALUES('retrain-tweets-2/run-r2','2026-09-02T03:00:00.000000Z','promoted','as the figures say','{"run":"retrain-tweets-2/run-r2","at":"2026-09-02T03:00:00Z","decision":"promoted","reason":"as the figures say","champion":"ft:switchboard-softmax-1:own:sb-1","challenger":"ft:switchboard-softmax-1:own:sb-2"}');
INSERT INTO retrainings VALUES('retrain-tweets-3/run-r3','2026-09-03T03:00:00.000000Z','kept','as the figures say','{"run":"retrain-tweets-3/run-r3","at":"2026-09-03T03:00:00Z","decision":"kept","reason":"as the figures say","champion":"ft:switchboard-softmax-1:own:sb-2","challenger":"ft:switchboard-softmax-1:own:sb-3"}');
CREATE TABLE secrets (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);
INSERT INTO secrets VALUES('pseudonyms','a made-up key');
CREATE TABLE applications (
    run         TEXT PRIMARY KEY,
    at          TEXT NOT NULL,
    model_id    TEXT NOT NULL,
    confidences TEXT NOT NULL
);
INSERT INTO applications VALUES('apply-production-1/run-a1','2026-09-05T03:00:00.000000Z','ft:switchboard-softmax-1:own:sb-2','{"3":40,"9":600}');
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('goose_db_version',4);
CREATE INDEX models_created ON models (created);
CREATE INDEX model_changes_model ON model_changes (model_id);
CREATE INDEX retrainings_at ON retrainings (at);
CREATE INDEX applications_model ON applications (model_id, at);
COMMIT;
