#!/usr/bin/env bash
# Speed as ratios and rates, measured in one run on this machine; docs/benchmarks.md has one.
#
# Every result is checked in the same run: data sets are verified, moved ones compared, kernels checked
# against their plain forms, weights of one and two threads compared. Commands that are compared take
# turns, and the best of five rounds counts. "CPU s" is user and system time of the whole process.
#
# Usage: bench.sh [FOLDER]     works under FOLDER (default: a temporary one, removed at the end).
set -euo pipefail
cd "$(dirname "$0")/../.."

if [ $# -gt 0 ]; then
  folder=$1
  mkdir -p "$folder"
else
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
fi
prep=.build/release/lra-prep
train=.build/release/lra-train
TIMEFORMAT='%R %U %S'

# The wall time and the CPU time of a command, in milliseconds.
clock() {
  { time "$@" > /dev/null 2> "$folder/errors"; } 2>&1 \
    | awk '{ printf "%d %d\n", 1000 * $1, 1000 * ($2 + $3) }'
}
least() { if [ -z "$1" ] || [ "$2" -lt "$1" ]; then echo "$2"; else echo "$1"; fi; }
divided() { awk "BEGIN { printf \"%.${3:-2}f\", $1 / $2 }"; }

# Compares preparing an archive with inflating it.
compare() {
  local task=$1 samples=$2 archive=$3 inflate= build= processor= round wall cpu
  for round in 1 2 3 4 5; do
    read -r wall cpu < <(clock gzip -dc "$archive")
    inflate=$(least "$inflate" "$wall")
    read -r wall cpu < <(clock "$prep" build "$task" --input "$archive" \
      --output "$folder/$task" --force --threads 2)
    build=$(least "$build" "$wall")
    read -r wall cpu < <(clock "$prep" build "$task" --input "$archive" \
      --output "$folder/$task" --force --threads 1)
    processor=$(least "$processor" "$cpu")
  done
  "$prep" verify "$folder/$task" --quiet > /dev/null
  printf '%-14s gzip -dc %5d ms   build, 2 threads %5d ms   speed ratio %s   %s samples/CPU s   %s\n' \
    "$task" "$inflate" "$build" "$(divided "$inflate" "$build")" \
    "$(divided "1000 * $samples" "$processor" 0)" "$(grep 'peak memory' "$folder/errors")"
}

# The rate of a generator on one thread, archive included.
generate() {
  local name=$1 samples=$2 original=$3 wall cpu
  shift 3
  read -r wall cpu < <(clock "$prep" generate "$@" --samples "$samples" --threads 1 \
    --output "$folder/$name.tar.gz" --force --quiet)
  printf '%-14s generated %s samples/CPU s   the original program %s   ratio %s\n' "$name" \
    "$(divided "1000 * $samples" "$cpu" 0)" "$original" \
    "$(divided "1000 * $samples" "($cpu * $original)" 0)"
}

# The rates of the original programs on one core of another machine, docs/benchmarks.md says which.
generate listops 15000 275 listops
generate pathfinder32 60000 3.5 pathfinder --resolution 32
generate pathfinder64 600 0.14 pathfinder --resolution 64
generate pathfinder128 6000 0.23 pathfinder --resolution 128
generate pathfinder256 1000 4.3 pathfinder --resolution 256

compare pathfinder32 60000 "$folder/pathfinder32.tar.gz"
compare pathfinder128 6000 "$folder/pathfinder128.tar.gz"
compare listops 15000 "$folder/listops.tar.gz"

.build/release/lra-bench

# Compares checked transport with copying; unlike the copy, a received data set has reached the disk.
copy() { cat "$folder"/moved/* | cat > "$folder/copy"; }
move() { "$prep" send "$folder/moved" --quiet | "$prep" receive "$folder/received" --quiet; }
copied=
moved=
"$prep" build pathfinder32 --input "$folder/pathfinder32.tar.gz" --output "$folder/moved" \
  --shard-size 16 --mask token:0.5:variants=40 --force --quiet
for round in 1 2 3 4 5; do
  rm -rf "$folder/copy" "$folder/received"
  read -r wall cpu < <(clock copy)
  copied=$(least "$copied" "$wall")
  rm "$folder/copy"
  read -r wall cpu < <(clock move)
  moved=$(least "$moved" "$wall")
done
diff -r "$folder/moved" "$folder/received"
printf '%-14s cat | cat %5d ms   send | receive    %5d ms   speed ratio %s\n' \
  "transport" "$copied" "$moved" "$(divided "$copied" "$moved")"

for threads in 1 2; do
  "$train" pretrain --data "$folder/listops" --preset demo-listops --mask token:0.5 --steps 12 \
    --batch-size 8 --threads "$threads" --run "$folder/threads-$threads" --quiet --force > /dev/null
done
cmp -s "$folder/threads-1/best.safetensors" "$folder/threads-2/best.safetensors" \
  || { echo "error: 1 and 2 threads gave different weights" >&2; exit 1; }
rate() { grep -o '"samplesPerSecond":[0-9.]*' "$folder/threads-$1/metrics.jsonl" | tail -1 | cut -d: -f2; }
printf '%-14s 1 thread %6.1f samples/s   2 threads %6.1f samples/s   speed ratio %s\n' \
  "pretraining" "$(rate 1)" "$(rate 2)" "$(divided "$(rate 2)" "$(rate 1)")"
