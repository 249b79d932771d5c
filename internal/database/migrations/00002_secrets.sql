-- Keys that the program draws for itself, such as the one that makes pseudonyms.

-- +goose Up
CREATE TABLE secrets (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

-- +goose Down
DROP TABLE secrets;
