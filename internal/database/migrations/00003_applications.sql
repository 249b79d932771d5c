-- How sure a model was of what it was asked in production, for a comparison with
-- how sure it was when it was judged.

-- +goose Up
CREATE TABLE applications (
    run         TEXT PRIMARY KEY,
    at          TEXT NOT NULL,
    model_id    TEXT NOT NULL,
    confidences TEXT NOT NULL
);
CREATE INDEX applications_model ON applications (model_id, at);

-- +goose Down
DROP TABLE applications;
