#!/usr/bin/env bash
# Ratios measured in one run: preparing an archive against inflating it, moving a data set against
# copying its files through a pipe (best of three alternating rounds, the results compared), and
# pretraining on two threads against one (after checking that both give the same weights).
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

# The milliseconds a command takes.
milliseconds() {
  local begin=$(date +%s%N)
  "$@" > /dev/null
  echo $((($(date +%s%N) - begin) / 1000000))
}
least() { if [ -z "$1" ] || [ "$2" -lt "$1" ]; then echo "$2"; else echo "$1"; fi; }
ratio() { awk "BEGIN { printf \"%.2f\", $1 / $2 }"; }

# Compares preparing an archive with inflating it.
compare() {
  local task=$1 archive=$2 inflate= build= round
  for round in 1 2 3; do
    inflate=$(least "$inflate" "$(milliseconds gzip -dc "$archive")")
    build=$(least "$build" "$(milliseconds "$prep" build "$task" --input "$archive" \
      --output "$folder/$task" --force --quiet)")
  done
  "$prep" verify "$folder/$task" --quiet > /dev/null
  printf '%-14s gzip -dc %6d ms   lra-prep build %6d ms   speed ratio %s\n' \
    "$task" "$inflate" "$build" "$(ratio "$inflate" "$build")"
}

"$prep" generate pathfinder --samples 20000 --output "$folder/pathfinder32.tar.gz" --quiet --force
"$prep" generate listops --samples 5000 --output "$folder/listops.tar.gz" --quiet --force
compare pathfinder32 "$folder/pathfinder32.tar.gz"
compare listops "$folder/listops.tar.gz"

# Compares checked transport with copying; unlike the copy, a received data set has reached the disk.
copy() { cat "$folder"/moved/* | cat > "$folder/copy"; }
move() { "$prep" send "$folder/moved" --quiet | "$prep" receive "$folder/received" --quiet; }
copied=
moved=
"$prep" build pathfinder32 --input "$folder/pathfinder32.tar.gz" --output "$folder/moved" \
  --shard-size 4 --mask token:0.5:variants=120 --force --quiet
for round in 1 2 3; do
  rm -rf "$folder/copy" "$folder/received"
  copied=$(least "$copied" "$(milliseconds copy)")
  rm "$folder/copy"
  moved=$(least "$moved" "$(milliseconds move)")
done
diff -r "$folder/moved" "$folder/received"
printf '%-14s cat | cat %5d ms   send | receive    %6d ms   speed ratio %s\n' \
  "transport" "$copied" "$moved" "$(ratio "$copied" "$moved")"

for threads in 1 2; do
  "$train" pretrain --data "$folder/listops" --preset demo-listops --mask token:0.5 --steps 12 \
    --batch-size 8 --threads "$threads" --run "$folder/threads-$threads" --quiet --force > /dev/null
done
cmp -s "$folder/threads-1/best.safetensors" "$folder/threads-2/best.safetensors" \
  || { echo "error: 1 and 2 threads gave different weights" >&2; exit 1; }
rate() { grep -o '"samplesPerSecond":[0-9.]*' "$folder/threads-$1/metrics.jsonl" | tail -1 | cut -d: -f2; }
printf '%-14s 1 thread %6.1f samples/s   2 threads %6.1f samples/s   speed ratio %s\n' \
  "pretraining" "$(rate 1)" "$(rate 2)" "$(ratio "$(rate 2)" "$(rate 1)")"
