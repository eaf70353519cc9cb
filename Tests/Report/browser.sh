#!/usr/bin/env bash
# The report in a browser: small studies are made, their reports written twice and looked at in Chromium.
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
python3 Tests/Report/sample_study.py "$folder/sample" .build/release | while read -r study; do
  page=$folder/$(basename "$study")
  "$train" report "$study" --output "$page.html"
  "$train" report "$study" --output "$page-again.html" --threads 1 > "$page.txt"
  cmp "$page.html" "$page-again.html"
  python3 Tests/Report/browser.py "$page.html" "$study/results.json" "$page-screenshots"
done
