#!/bin/sh
# Fills a database with empty tables with generated calls, half a million for each of so
# many days, 20 if none are given.
#   go run ./bench/results -database postgres://... && bench/results/fill.sh postgres://... [days]
set -eu
cd "$(dirname "$0")"
psql -q "$1" -f documents.postgres.sql
for n in $(seq 0 $((${2:-20} - 1))); do
    echo "$(date -u -d "2026-11-28 - $n days" +%F)"
done | xargs -P 2 -I DAY psql -q "$1" -v day=DAY -f day.postgres.sql
psql -q "$1" -f finish.postgres.sql
