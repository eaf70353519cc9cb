#!/usr/bin/env bash
# The report in a browser: a small study is made, its report written twice and looked at in Chromium.
#
# Usage: browser.sh [FOLDER]     everything goes under FOLDER (default: .build/report-test).
set -euo pipefail
cd "$(dirname "$0")/../.."

folder=${1:-.build/report-test}
train=.build/release/lra-train
if ! command -v chromium chromium-browser google-chrome > /dev/null; then
  echo "error: chromium is missing, without which the page cannot be looked at" >&2
  echo "hint: sudo apt-get install -y chromium" >&2
  exit 1
fi
mkdir -p "$folder"
study=$(python3 Tests/Report/sample_study.py "$folder/sample" .build/release)
"$train" report "$study" --output "$folder/report.html"
"$train" report "$study" --output "$folder/again.html" --threads 1 > "$folder/again.txt"
cmp "$folder/report.html" "$folder/again.html"
python3 Tests/Report/browser.py "$folder/report.html" "$study/results.json" "$folder/screenshots"
