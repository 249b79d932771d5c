#!/bin/sh
# Fills a database with empty tables with ten million generated calls of twenty days.
#   go run ./bench/results -database postgres://... && bench/results/fill.sh postgres://...
set -eu
cd "$(dirname "$0")"
psql -q "$1" -f documents.postgres.sql
for n in $(seq 0 19); do
    echo "$(date -u -d "2026-11-09 + $n days" +%F)"
done | xargs -P 2 -I DAY psql -q "$1" -v day=DAY -f day.postgres.sql
psql -q "$1" -f finish.postgres.sql
