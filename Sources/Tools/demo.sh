#!/usr/bin/env bash
# The main job end to end on data made here: archives, shards with masks, then a small Transformer
# trained from scratch and after self-pretraining, three seeds each with the same budget of finetuning
# steps, and a report.
#
# Usage: demo.sh [FOLDER]     everything goes under FOLDER (default: demo), which is replaced.
set -euo pipefail
cd "$(dirname "$0")/../.."

folder=${1:-demo}
prep=.build/release/lra-prep
train=.build/release/lra-train
say() { printf '\n== %s\n' "$*" >&2; }

rm -rf "$folder"
mkdir -p "$folder"
started=$(date +%s)

say "Archives in the layout of the published release"
"$prep" generate listops --seed 1 --samples 20000 --validation-samples 2000 --test-samples 2000 \
  --depth 4 --maximum-arguments 6 --minimum-length 15 --maximum-length 60 \
  --value-probability 0.7 --output "$folder/listops.tar.gz"
"$prep" generate pathfinder --seed 1 --resolution 32 --samples 2000 \
  --output "$folder/pathfinder32.tar.gz"

say "Shards with masks, verified"
"$prep" build listops --input "$folder/listops.tar.gz" --output "$folder/data/listops" \
  --mask token:0.15:seed=0:variants=2
"$prep" build pathfinder32 --input "$folder/pathfinder32.tar.gz" \
  --output "$folder/data/pathfinder32" --mask token:0.5:seed=0:variants=2
"$prep" verify "$folder/data/listops" "$folder/data/pathfinder32"
"$prep" show "$folder/data/pathfinder32" --mask token-0.50-seed-0 --output "$folder/samples.png"

say "The study: masked self-pretraining against training from scratch, three seeds each"
"$train" compare studies/demo.json --data "$folder/data" -o "$folder/study" > "$folder/study.txt"
"$train" report "$folder/study" -o "$folder/report.html"

printf '\n'
cat "$folder/study.txt"
printf '\nDone in %d s; the report is %s, data, runs and logs are beside it.\n' \
  $(($(date +%s) - started)) "$folder/report.html"
