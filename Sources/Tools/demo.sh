#!/usr/bin/env bash
# The main job end to end on data made here: archives, shards with masks, then a small Transformer
# trained from scratch and after self-pretraining, with the same budget of finetuning steps.
#
# Usage: demo.sh [FOLDER]     everything goes under FOLDER (default: demo), which is replaced.
# SEED chooses the seed of the training runs (default: 1).
set -euo pipefail
cd "$(dirname "$0")/../.."

folder=${1:-demo}
seed=${SEED:-1}
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

# Runs a command of lra-train, leaving the seconds it took in FOLDER/NAME.seconds.
timed() {
  local name=$1 begin=$(date +%s)
  shift
  "$train" "$@" --seed "$seed" --run "$folder/runs/$name" > "$folder/$name.txt"
  echo $(($(date +%s) - begin)) > "$folder/$name.seconds"
}

say "Self-pretraining: masked tokens of the training split are restored"
timed pretrained pretrain --data "$folder/data/listops" --preset demo-listops
say "Finetuning from the pretrained weights"
timed finetuned finetune --data "$folder/data/listops" --preset demo-listops \
  --from "$folder/runs/pretrained"
say "The same finetuning from scratch"
timed scratch finetune --data "$folder/data/listops" --preset demo-listops

# The last value of a field in a run's log.
logged() { grep -o "\"$2\":[0-9.]*" "$folder/runs/$1/metrics.jsonl" | tail -1 | cut -d: -f2; }
accuracy() {
  "$train" evaluate --run "$folder/runs/$1" --split test --quiet | awk 'END { print 100 * $NF }'
}
row() { printf '%-26s %9.1f %% %9d s %12.0f\n' "$@"; }

printf '\nListOps, test split, seed %d, %s\n\n' "$seed" "the same finetuning steps for both"
printf '%-26s %11s %11s %12s\n' "" accuracy time samples/s
row "from scratch" "$(accuracy scratch)" "$(cat "$folder/scratch.seconds")" \
  "$(logged scratch samplesPerSecond)"
row "self-pretrained" "$(accuracy finetuned)" "$(cat "$folder/finetuned.seconds")" \
  "$(logged finetuned samplesPerSecond)"
printf '%-26s %11s %9d s %12.0f\n' "  its pretraining" "" "$(cat "$folder/pretrained.seconds")" \
  "$(logged pretrained samplesPerSecond)"
printf '\nDone in %d s; data, runs and logs are in %s.\n' $(($(date +%s) - started)) "$folder"
