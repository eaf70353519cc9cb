#!/usr/bin/env bash
# Writes a man page of every command into a folder, from the help of the built programs.
#
#   Sources/Tools/man.sh FOLDER PROGRAM...
set -euo pipefail
folder=$1
shift
mkdir -p "$folder"
rm -f "$folder"/*.1
for program in "$@"; do
  .build/release/generate-manual --multi-page --output-directory "$folder" ".build/release/$program"
  rm "$folder/$program.help.1"
done

# The generator takes the help as it is: here indented lines become literal ones, empty lines
# paragraphs, and an apostrophe that begins a line no longer begins a request.
for page in "$folder"/*.1; do
  awk '
    /^ / { if (!literal) print ".Bd -literal -compact"; literal = 1; print; next }
    literal { print ".Ed"; literal = 0 }
    /^$/ { print ".Pp"; next }
    /^\047/ { printf "\\&" }
    { print }
    END { if (literal) print ".Ed" }
  ' "$page" > "$page.new"
  mv "$page.new" "$page"
done
