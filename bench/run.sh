#!/bin/sh
# Measures lading: Go benchmarks, then whole processes.
#   run.sh LADING
# Machines are noisy: compare ratios within one run, and use
# `go tool benchstat` on two runs with -count 6 or more.
set -eu
lading=$(realpath "$1")
cd "$(dirname "$0")/.."

echo "==> Go benchmarks"
go test -run '^$' -bench . -benchmem ./pkg/...

echo "==> Whole processes, median of ${RUNS:=21} runs in milliseconds"
go run ./bench/process -runs "$RUNS" \
	"$lading version" \
	"$lading render --no-project -f bench/greet.yaml" \
	"$lading render --project examples --env prod"
