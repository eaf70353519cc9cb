#!/usr/bin/env bash
# Every family of models, small, on ListOps, Pathfinder and (with CIFAR, an archive) Image: pretrained masked
# and causal, then finetuned from the masked weights. Prints the loss of the first and of the last twenty
# steps, the time of a step and the peak memory; ends with 1 when a loss did not fall.
#
# Usage: [STEPS=200] [CIFAR=cifar-10-binary.tar.gz] [FAMILIES="s4 mega"] families.sh [FOLDER]
set -euo pipefail
CIFAR=${CIFAR:+$(realpath "$CIFAR")}
cd "$(dirname "$0")/../.."
steps=${STEPS:-200}
if [ $# -gt 0 ]; then
  folder=$1
  mkdir -p "$folder"
else
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
fi
prep=.build/release/lra-prep
train=.build/release/lra-train

masks=(--mask token:0.5:seed=0:variants=1 --force --quiet)
"$prep" generate listops --samples 4000 --minimum-length 20 --maximum-length 250 \
  --output "$folder/listops.tar.gz" --force --quiet
"$prep" generate pathfinder --samples 4000 --output "$folder/pathfinder.tar.gz" --force --quiet
"$prep" build listops --input "$folder/listops.tar.gz" --output "$folder/listops" "${masks[@]}"
"$prep" build pathfinder32 --input "$folder/pathfinder.tar.gz" --output "$folder/pathfinder" \
  "${masks[@]}"
tasks=(listops pathfinder)
if [ -n "$CIFAR" ]; then
  "$prep" build image --input "$CIFAR" --output "$folder/image" "${masks[@]}"
  tasks+=(image)
fi

state_space() {
  echo "{\"network\": {\"positions\": \"none\", \"depth\": 2, \"layers\": [{\"stateSpace\": {\"model\": {
    \"bidirectional\": true, \"gated\": true, \"largestStep\": 0.1, \"smallestStep\": 0.001,
    \"family\": $1}}}]}, \"optimizer\": {\"learningRate\": 0.004}}"
}
attention() {
  echo "{\"network\": {\"positions\": \"$1\", \"depth\": 2, \"layers\": [$2,
    {\"feedForward\": {\"expand\": 2}}]}, \"optimizer\": {\"learningRate\": 0.001}}"
}

# What a family lays over the preset.
overlay() {
  case $1 in
    transformer) attention sinusoidal \
      '{"attention": {"heads": 4, "causal": false, "rotary": false}}' ;;
    rotary) attention none '{"attention": {"heads": 4, "causal": false, "rotary": true}}' ;;
    local) attention sinusoidal '{"localAttention": {"heads": 4, "window": 64, "back": 1, "forward": 1,
      "causal": false, "rotary": false}}' ;;
    gpt-neox) echo '{"network": {"positions": "none", "depth": 2, "residual": "parallel",
      "rotary": {"fraction": 0.25, "pairing": "halves"}, "layers": [
      {"attention": {"heads": 4, "causal": false, "rotary": true}}, {"feedForward": {"expand": 4}}]},
      "optimizer": {"learningRate": 0.001}}' ;;
    s4) state_space '{"s4": {"states": 64, "copies": 2, "rank": 1}}' ;;
    s4d) state_space '{"s4d": {"states": 64, "copies": 2, "discretization": "bilinear",
      "eigenvalues": "legS"}}' ;;
    dss) state_space '{"dss": {"states": 64, "version": "exp"}}' ;;
    dlr) state_space '{"dlr": {"states": 64, "version": "complex"}}' ;;
    mega) echo '{"network": {"positions": "none", "depth": 2, "layers": [{"mega": {"model": {
      "bidirectional": true, "chunk": 64, "expand": 2, "maximumPositions": 64, "queryWidth": 32,
      "scores": "softmax", "states": 8, "valueWidth": 128}}}]},
      "optimizer": {"learningRate": 0.002}}' ;;
    *) echo "error: there is no family '$1'" >&2; return 1 ;;
  esac
}

# A number of one line of metrics: its place, then its name.
metric() { grep '"event":"step"' "$folder/run/metrics.jsonl" | sed -n "$1p" \
  | grep -o "\"$2\":[-0-9.e]*" | head -1 | cut -d: -f2; }

failures=0
# One run: family, task, what it is called, then the command.
run() {
  local family=$1 task=$2 label=$3 first last rate peak
  shift 3
  "$train" "$@" --data "$folder/$task" --steps "$steps" --batch-size 16 --warmup 20 \
    --config "$folder/$family.json" --run "$folder/run" --force --quiet > "$folder/output" \
    2> "$folder/errors" || { cat "$folder/errors" >&2; return 1; }
  first=$(metric 1 loss)
  last=$(metric '$' loss)
  rate=$(metric '$' samplesPerSecond)
  peak=$(grep -o '"peak" : [0-9]*' "$folder/run/summary.json" | grep -o '[0-9]*')
  printf '%-12s %-11s %-9s %8.4f %8.4f %8.0f ms %6.0f MB\n' "$family" "$task" "$label" "$first" \
    "$last" "$(awk "BEGIN { print 1000 * 16 / $rate }")" "$(awk "BEGIN { print $peak / 1e6 }")"
  awk "BEGIN { exit !($last < $first) }" || failures=$((failures + 1))
}

echo "$steps steps of 16 samples, width 64, 2 rounds, $(nproc) threads"
printf '%-12s %-11s %-9s %8s %8s %11s %9s\n' family task objective first last step peak
for family in ${FAMILIES:-transformer rotary local gpt-neox s4 s4d dss dlr mega}; do
  # Scoring all of Image's validation split would take longer than training.
  overlay "$family" | sed '$s/}$/, "validation": {"samples": 512}}/' > "$folder/$family.json"
  for task in "${tasks[@]}"; do
    loss=l1
    [ "$task" = listops ] && loss=cross-entropy
    # Mega's attention is never causal.
    if [ "$family" != mega ]; then
      run "$family" "$task" causal pretrain --preset demo-listops --objective causal --loss $loss
    fi
    run "$family" "$task" masked pretrain --preset demo-listops --objective masked --loss $loss
    cp "$folder/run/best.safetensors" "$folder/pretrained.safetensors"
    run "$family" "$task" finetune finetune --preset demo-listops \
      --from "$folder/pretrained.safetensors"
  done
done
[ "$failures" = 0 ] || { echo "error: $failures losses did not fall" >&2; exit 1; }
