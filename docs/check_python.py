"""Runs every Python block of docs/python.md over data sets, and checks what its readers return.

    pip install numpy safetensors torch jax
    python docs/check_python.py data/listops data/image ...

Each data set needs a stored mask set (lra-prep mask FOLDER --mask token:0.5).
"""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file


def blocks():
    page = (Path(__file__).parent / "python.md").read_text()
    return re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)


def check_split(split, folder, name):
    """Every sample of the NumPy reader against whole shards."""
    index = 0
    for entry in split.manifest["splits"][name]["shards"]:
        shard = load_file(folder / entry["file"])
        for sequence in split.names:
            flat = shard[f"{sequence}.values"]
            offsets = shard.get(f"{sequence}.offsets")
            for row in range(len(shard["label"])):
                expected = flat[row] if offsets is None else flat[offsets[row] : offsets[row + 1]]
                np.testing.assert_array_equal(split.values(index + row, sequence), expected)
                if split.masks:
                    assert split.mask(index + row, sequence).shape == (len(expected),)
        index += len(shard["label"])
    assert index == len(split) == split.manifest["splits"][name]["samples"]


def check_workers(space, folder, manifest):
    """The test split through a DataLoader of two processes."""
    loader = space["DataLoader"](
        space["Shards"](str(folder), "test", space["masks"]),
        batch_size=16,
        num_workers=2,
        collate_fn=space["collate"],
    )
    read = sum(len(labels) for _, _, _, labels in loader)
    assert read == manifest["splits"]["test"]["samples"]
    print(f"{read} test samples through two workers")


def main(folder):
    manifest = json.loads((folder / "manifest.json").read_text())
    stored = [mask["name"] for mask in manifest["masks"] if mask["variants"]]
    if not stored:
        sys.exit(f"{folder}: no stored masks; add some: lra-prep mask {folder} --mask token:0.5")
    print(f"== {folder}")
    space = {"__name__": "page", "folder": str(folder), "masks": stored[0]}
    for block in blocks():
        if "import jax" in block:  # its threads do not survive the fork of a worker
            check_workers(space, folder, manifest)
        code = re.sub(r"^folder, masks = .*$", "", block, flags=re.MULTILINE)
        exec(compile(code, "docs/python.md", "exec"), space)
    for name in manifest["splits"]:
        check_split(space["Split"](str(folder), name, space["masks"]), folder, name)


if __name__ == "__main__":
    if len(sys.argv) == 2:
        main(Path(sys.argv[1]))
    else:
        for folder in sys.argv[1:]:
            subprocess.run([sys.executable, __file__, folder], check=True)
