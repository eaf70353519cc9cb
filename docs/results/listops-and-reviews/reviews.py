"""Writes the labelled reviews of aclImdb_v1.tar.gz to standard output as a table: text, label."""

import sys
import tarfile

print("text\tlabel")
with tarfile.open(sys.argv[1]) as archive:
    for member in archive:
        parts = member.name.split("/")
        if len(parts) == 4 and parts[2] in ("neg", "pos") and member.isfile():
            text = archive.extractfile(member).read().decode("utf-8")
            print(" ".join(text.split()) + "\t" + parts[2])
