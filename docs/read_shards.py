"""Reads a data set with NumPy and the public `safetensors` package, and none of our code.

    pip install numpy safetensors
    python docs/read_shards.py data/listops

Prints, per split, the SHA-256 of the token ids or pixels, labels and lengths: equal to those of
`lra-prep`'s own golden tests (counts as u32, ids as u16, labels as i32, little-endian).
"""

import hashlib
import json
import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file


def samples(folder, split, masks=None):
    """Yields (id, label, values, mask) of every sample of a split, in its order."""
    manifest = json.loads((folder / "manifest.json").read_text())
    for entry in manifest["splits"][split]["shards"]:
        shard = load_file(folder / entry["file"])
        values, bits = shard["x.values"], None
        if masks:
            name = entry["file"].removesuffix(".safetensors") + f".mask-{masks}.safetensors"
            bits = np.unpackbits(load_file(folder / name)["mask.0"], bitorder="little")
            bits = bits[: values.size].astype(bool)
        if "x.offsets" in shard:
            ends = shard["x.offsets"]
        else:
            ends = np.arange(len(values) + 1) * values.shape[1]
            values = values.reshape(-1)
        for row, (start, end) in enumerate(zip(ends[:-1], ends[1:])):
            mask = None if bits is None else bits[start:end]
            yield shard["sample.id"][row], shard["label"][row], values[start:end], mask


def main(folder, masks=None):
    manifest = json.loads((folder / "manifest.json").read_text())
    for split in sorted(manifest["splits"]):
        tokens, labels, lengths = (hashlib.sha256() for _ in range(3))
        count = masked = elements = 0
        for _, label, values, mask in samples(folder, split, masks):
            tokens.update(np.uint32(len(values)).tobytes() + values.astype("<u2").tobytes())
            labels.update(np.int32(label).tobytes())
            lengths.update(np.uint32(len(values)).tobytes())
            count += 1
            elements += len(values)
            masked += 0 if mask is None else int(mask.sum())
        print(f"{split}: {count} samples, {elements} elements")
        print(f"  tokens  {tokens.hexdigest()}\n  labels  {labels.hexdigest()}")
        print(f"  lengths {lengths.hexdigest()}")
        if masks:
            print(f"  masked  {masked / elements:.4f} of all elements")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None)
