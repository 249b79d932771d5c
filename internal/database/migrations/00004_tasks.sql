-- Everything belongs to a task. What was there before belongs to "default". There
-- is no way back: the tables of before have no room for a second task.

-- +goose Up
CREATE TABLE models_of_tasks (
    task            TEXT NOT NULL,
    id              TEXT NOT NULL,
    provider_url    TEXT NOT NULL,
    base_model      TEXT NOT NULL,
    created         TEXT NOT NULL,
    test_accuracy   DOUBLE PRECISION NOT NULL,
    test_coverage   DOUBLE PRECISION NOT NULL,
    threshold       DOUBLE PRECISION NOT NULL,
    workflow_id     TEXT NOT NULL,
    run_id          TEXT NOT NULL,
    retired         TEXT,
    details         TEXT NOT NULL,
    PRIMARY KEY (task, id)
);
INSERT INTO models_of_tasks (task, id, provider_url, base_model, created, test_accuracy, test_coverage, threshold, workflow_id, run_id, retired, details)
    SELECT 'default', id, provider_url, base_model, created, test_accuracy, test_coverage, threshold, workflow_id, run_id, retired, details FROM models;

-- The primary key is what makes one champion of it in each task.
CREATE TABLE aliases_of_tasks (
    task     TEXT NOT NULL,
    alias    TEXT NOT NULL CHECK (alias IN ('champion', 'challenger')),
    model_id TEXT NOT NULL,
    PRIMARY KEY (task, alias),
    FOREIGN KEY (task, model_id) REFERENCES models_of_tasks (task, id)
);
INSERT INTO aliases_of_tasks (task, alias, model_id) SELECT 'default', alias, model_id FROM aliases;

DROP TABLE aliases;
DROP TABLE models;
ALTER TABLE models_of_tasks RENAME TO models;
ALTER TABLE aliases_of_tasks RENAME TO aliases;
CREATE INDEX models_created ON models (task, created);

CREATE TABLE corrections_of_tasks (
    task            TEXT NOT NULL,
    conversation_id BIGINT NOT NULL,
    label           TEXT NOT NULL,
    author          TEXT NOT NULL,
    at              TEXT NOT NULL,
    imported        TEXT NOT NULL,
    PRIMARY KEY (task, conversation_id)
);
INSERT INTO corrections_of_tasks (task, conversation_id, label, author, at, imported)
    SELECT 'default', conversation_id, label, author, at, imported FROM corrections;
DROP TABLE corrections;
ALTER TABLE corrections_of_tasks RENAME TO corrections;

ALTER TABLE model_changes ADD COLUMN task TEXT NOT NULL DEFAULT 'default';
ALTER TABLE retrainings ADD COLUMN task TEXT NOT NULL DEFAULT 'default';
ALTER TABLE applications ADD COLUMN task TEXT NOT NULL DEFAULT 'default';
