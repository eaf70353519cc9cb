#!/usr/bin/env bash
# Training on several ranks over MPI, on data made here: the same curve for 1, 2 and 4 ranks, faults,
# resuming with another number of ranks, ranks that disagree.
#
# Usage: test.sh [FOLDER]     everything goes under FOLDER (default: a temporary one), which is replaced.
# MPIRUN chooses the launcher (default: mpirun).
set -euo pipefail
cd "$(dirname "$0")/../.."

prep=$PWD/.build/release/lra-prep
train=$PWD/.build/release/lra-train
library=$PWD/.build/release/liblra-mpi.so
folder=${1:-$(mktemp -d)}
rm -rf "$folder" && mkdir -p "$folder"
[ $# -gt 0 ] || trap 'rm -rf "$folder"' EXIT
cd "$folder"

# More ranks than cores, and root in containers.
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1
mpirun=${MPIRUN:-mpirun}

say() { printf '== %s\n' "$*"; }
fail() {
  printf 'FAILED: %s\n' "$*" >&2
  tail -n 20 log >&2 || true
  exit 1
}

# ranks N COMMAND...: runs lra-train on N ranks; text goes to the file log.
ranks() {
  local count=$1
  shift
  "$mpirun" -n "$count" "$train" "$@" --threads 1 > log 2>&1
}

# As rank 1, "$@" is changed by the text OTHER first; every rank notes its process in pid.RANK.
wrapper='rank=${OMPI_COMM_WORLD_RANK:-${PMI_RANK:-0}}; echo $$ > pid.$rank
  if [ "$rank" = 1 ]; then eval "$OTHER"; fi; exec "$@"'
wrapped() {
  local count=$1
  shift
  "$mpirun" -n "$count" bash -c "$wrapper" bash "$train" "$@" --threads 1 > log 2>&1
}

# same_curve RUN RUN BOUND [EVENT]: no loss may differ by more than a share of itself.
losses() {
  sed -n "s/.*\"event\":\"$2\".*\"loss\":\([^,}]*\).*\"step\":\([0-9]*\).*/\2 \1/p" "runs/$1/metrics.jsonl"
}
same_curve() {
  local largest event=${4:-[a-z]*}
  largest=$(paste -d' ' <(losses "$1" "$event") <(losses "$2" "$event") | awk '
    NF != 4 || $1 != $3 { print "not the same lines"; exit }
    { d = ($2 - $4) / $2; if (d < 0) d = -d; if (d > largest) largest = d }
    END { print largest + 0, NR }')
  printf '   %s and %s: largest relative difference %s lines\n' "$1" "$2" "$largest"
  awk -v largest="${largest% *}" -v bound="$3" 'BEGIN { exit !(largest + 0 == largest && largest < bound) }' \
    || fail "the curves of $1 and $2 differ by $largest, expected less than $3"
}

# Waits until a run has so many lines of metrics.
wait_for() {
  for _ in $(seq 600); do
    [ -e "runs/$1/metrics.jsonl" ] && [ "$(wc -l < "runs/$1/metrics.jsonl")" -ge "$2" ] && return
    sleep 0.1
  done
  fail "run $1 wrote no $2 lines of metrics"
}

say "data sets"
generate_listops() {
  "$prep" generate listops --seed "$1" --samples 400 --validation-samples 50 --test-samples 50 \
    --depth 4 --maximum-arguments 5 --minimum-length 10 --maximum-length 60 --value-probability 0.7 \
    --output "$2.tar.gz" --quiet
  "$prep" build listops --input "$2.tar.gz" --output "data/$2" --mask token:0.15:variants=2 --quiet
}
generate_listops 1 listops
generate_listops 2 other
"$prep" generate pathfinder --seed 1 --resolution 32 --samples 100 --output path.tar.gz --quiet
"$prep" build pathfinder32 --input path.tar.gz --output data/path --mask token:0.5 --quiet
# Sequences of many lengths, dropout, and a last batch of an epoch that is smaller.
echo '{"reportSteps": 1, "batchSize": 30, "dropsLastBatch": false, "checkpointSteps": 10,
  "network": {"dropout": 0.1}, "schedule": {"shape": "constant", "warmUpSteps": 5}}' > listops.json
echo '{"reportSteps": 1, "batchSize": 4, "schedule": {"warmUpSteps": 5}, "network": {"norm": "batch",
  "depth": 1, "width": 16}}' > path.json
listops="--data data/listops --preset demo-listops --config listops.json"
path="--data data/path --preset demo-pathfinder32 --config path.json"

say "1, 2 and 4 ranks give the same curve over 50 steps"
for count in 1 2 4; do
  ranks $count pretrain $listops --steps 50 --run runs/tokens-$count || fail "$count ranks"
  ranks $count finetune $path --steps 50 --run runs/pixels-$count || fail "$count ranks"
done
for count in 2 4; do
  same_curve tokens-1 tokens-$count 1e-6
  # Validation is left out: the gradient of a bias before batch norm is 0 but for rounding, Adam makes
  # steps of it, and running means follow them with a delay.
  same_curve pixels-1 pixels-$count 1e-5 step
done

say "the same number of ranks gives the same bits"
ranks 4 pretrain $listops --steps 50 --run runs/again || fail "4 ranks"
cmp runs/tokens-4/last.safetensors runs/again/last.safetensors || fail "other bits"

say "batch norm with local statistics"
ranks 2 finetune $path --steps 20 --run runs/local --batch-norm local || fail "2 ranks"

say "an evaluation is the same on any number of ranks"
for count in 1 3; do
  "$mpirun" -n $count "$train" evaluate --run runs/tokens-1 --batch-size 7 --threads 1 --quiet \
    > scores-$count 2> log || fail "$count ranks"
done
cmp scores-1 scores-3 || fail "other scores"

say "a signal that comes before MPI starts leaves no run"
early='if [ "${OMPI_COMM_WORLD_RANK:-${PMI_RANK:-0}}" = 1 ]; then kill -USR1 $$; fi; exec "$@"'
code=0
"$mpirun" -n 2 env --block-signal=USR1 bash -c "$early" bash "$train" pretrain $listops --steps 50 \
  --run runs/early --threads 1 > log 2>&1 || code=$?
[ $code = 130 ] || fail "exit code $code, expected 130"
grep -q "^interrupted before the first step" log || fail "nothing was said of the interruption"
[ ! -e runs/early ] || fail "an interrupted start left a folder"

say "a signal to one rank stops all of them at the same step, saved"
OTHER= wrapped 2 pretrain $listops --steps 100000 --run runs/stopped &
job=$!
wait_for stopped 20
kill -TERM "$(cat pid.1)"
code=0
wait $job || code=$?
[ $code = 130 ] || fail "exit code $code, expected 130"
grep -q "interrupted after step" log || fail "nothing was said of the interruption"

say "the run goes on with another number of ranks"
ranks 4 pretrain --run runs/stopped --resume --steps 50 > log 2>&1 || fail "resuming"
step=$(sed -n 's/^going on from step //p' log)
[ "${step:-0}" -gt 0 ] || fail "it did not go on"

say "killing a rank ends the job, and the last checkpoint is whole"
OTHER= wrapped 4 pretrain $listops --steps 100000 --run runs/killed &
job=$!
wait_for killed 25
begin=$(date +%s%N)
kill -KILL "$(cat pid.2)"
code=0
wait $job || code=$?
[ $code != 0 ] || fail "the job ended with success"
duration=$((($(date +%s%N) - begin) / 1000000))
death=$(grep -m1 'signal 9\|EXIT CODE: 9' log) || fail "nothing was said of the death"
printf '   ended %d ms later: %s\n' $duration "$death"
[ $duration -lt 10000 ] || fail "it took 10 seconds or more"
ranks 2 pretrain --run runs/killed --resume --steps 50 || fail "resuming after a death"
grep -q "going on from step [1-9]0$" log || fail "it did not go on from a checkpoint"
same_curve tokens-1 killed 1e-6

# refused SENTENCE COMMAND...: the command must fail with one such sentence.
refused() {
  local sentence=$1 count
  shift
  ! "$@" || fail "it went on, expected: $sentence"
  count=$(grep -c "^error: " log) || true
  [ "$count" = 1 ] || fail "not one sentence, expected: $sentence"
  grep -q "^error: $sentence" log || fail "another sentence, expected: $sentence"
  printf '   %s\n' "$(grep -m1 '^error: ' log)"
}

say "ranks that disagree are refused"
OTHER='set -- "$@" --seed 7' refused "rank 1: ranks disagree: seed is 7, on rank 0 it is 2222" \
  wrapped 4 pretrain $listops --steps 50 --run runs/other
OTHER='set -- "$@" --steps 60' refused "rank 1: ranks disagree: steps is 60, on rank 0 it is 50" \
  wrapped 2 pretrain $listops --steps 50 --run runs/other
OTHER='set -- "$@" --data data/other' refused "rank 1: ranks disagree: the digest of the data set is " \
  wrapped 2 pretrain $listops --steps 50 --run runs/other
cp "$train" other-train
printf ' ' >> other-train
LRA_MPI=$library OTHER='shift; set -- ./other-train "$@"' refused "rank 1: ranks disagree: the program is " \
  wrapped 2 pretrain $listops --steps 50 --run runs/other
OTHER='set -- "$@" --data data/nowhere' refused "rank 1: data/nowhere: not a data set" \
  wrapped 2 pretrain $listops --steps 50 --run runs/other
[ ! -e runs/other ] || fail "a refused run left a folder"

say "what all ranks meet is told once, however soon the others exit"
for _ in 1 2 3; do
  refused "data/nowhere: not a data set" ranks 6 pretrain --data data/nowhere --run runs/other
done
refused "runs/nowhere: neither a run nor a checkpoint" \
  ranks 2 pretrain $listops --from nowhere --run runs/other
refused "--data -: several ranks cannot share one standard input" \
  ranks 2 pretrain --data - --preset demo-listops --run runs/other
refused "runs/tokens-1: --force would remove the run that --from reads" \
  ranks 2 pretrain $listops --from ./runs/tokens-1 --force --run runs/tokens-1

say "a start that another rank cannot follow leaves the run as it is"
mkdir runs/elsewhere
cp runs/tokens-1/config.json runs/elsewhere
OTHER='set -- "$@" --run runs/elsewhere' refused "rank 1: runs/elsewhere: this rank would go on from step 0" \
  wrapped 2 pretrain --run runs/tokens-1 --resume
[ -e runs/tokens-1/summary.json ] || fail "the summary is gone"

say "what one rank alone meets ends all of them"
cp -r data/listops data/damaged
shard=data/damaged/train-00000-of-00001.safetensors
# Other tokens in place of the first thousand: samples that do not have their checksums.
header=$(($(od -An -tu8 -N8 "$shard")))
values=$(head -c $((8 + header)) "$shard" | tail -c "$header" |
  sed 's/.*"x\.values":{[^}]*"data_offsets":\[\([0-9]*\).*/\1/')
head -c 1000 /dev/zero | tr '\0' '\5' |
  dd of="$shard" bs=1 seek=$((8 + header + values)) conv=notrunc status=none
OTHER='set -- "$@" --data data/damaged' refused "rank 1: data/damaged.* is damaged" \
  wrapped 2 pretrain $listops --steps 50 --run runs/damaged

OTHER='export LRA_MPI=/nowhere' refused "rank 1: /nowhere: " \
  wrapped 2 pretrain $listops --steps 50 --run runs/damaged

say "without the library several processes are refused, one trains"
refused "liblra-mpi.so: it is needed to train on several ranks" \
  env -u LRA_MPI sh -c '"$@" > log 2>&1' sh \
  "$mpirun" -n 2 ./other-train pretrain $listops --steps 2 --run runs/alone
grep -q "^hint: 'make mpi'" log || fail "no hint"
"$mpirun" -n 1 ./other-train pretrain $listops --steps 2 --run runs/alone > log 2>&1 || fail "one rank"
"$mpirun" -n 2 sh -c './other-train pretrain "$@" --run runs/off-$OMPI_COMM_WORLD_RANK$PMI_RANK' sh \
  $listops --steps 2 --mpi off > log 2>&1 || fail "--mpi off"

say "all passed"
