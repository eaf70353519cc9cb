"""Reads a data set with NumPy and the public `safetensors` package, and none of our code.

    pip install numpy safetensors
    python docs/read_shards.py data/listops

Prints, per split, the SHA-256 of the token ids or pixels, labels and lengths: equal to those of
`lra-prep`'s own golden tests (counts as u32, ids as u16, labels as i32, little-endian). Signed
samples and measurements are hashed as they are stored, labels that are values as f32.
"""

import hashlib
import json
import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file


def samples(folder, split, masks=None):
    """Yields (id, label, sequences, masks) of every sample of a split, in its order.

    There is one sequence, `x`, or a second, `y`, of pairs; a mask has a bool per position.
    """
    manifest = json.loads((folder / "manifest.json").read_text())
    names = ["x", "y"][: manifest["sequences"]]
    for entry in manifest["splits"][split]["shards"]:
        shard, bits = load_file(folder / entry["file"]), {}
        if masks:
            bits = load_file(folder / entry["file"].replace(".safetensors", f".mask-{masks}.safetensors"))
        parts = {name: cut(shard, name) for name in names}
        for row, (id, label) in enumerate(zip(shard["sample.id"], shard["label"])):
            ranges = [parts[name][0][row : row + 2] for name in names]
            values = [parts[n][1][start:end] for n, (start, end) in zip(names, ranges)]
            sample_masks = [unpack(bits, n, *r) for n, r in zip(names, ranges)] if masks else []
            yield id, label, values, sample_masks


def cut(shard, name):
    """The offsets of a shard's samples and the values they cut: [positions, …]."""
    values = shard[f"{name}.values"]
    if f"{name}.offsets" in shard:
        return shard[f"{name}.offsets"], values
    count, length = values.shape[:2]
    return np.arange(count + 1) * length, values.reshape(count * length, *values.shape[2:])


def unpack(bits, name, start, end, variant=0):
    """The mask bits of positions start ..< end; the lowest bit of a byte comes first."""
    tensor = bits[f"mask.{variant}" if name == "x" else f"{name}.mask.{variant}"]
    unpacked = np.unpackbits(tensor[start // 8 : (end + 7) // 8], bitorder="little")
    return unpacked[start % 8 : start % 8 + end - start].astype(bool)


def main(folder, masks=None):
    manifest = json.loads((folder / "manifest.json").read_text())
    label_type = np.int32 if manifest["target"]["kind"] == "class" else np.float32
    for split in sorted(manifest["splits"]):
        tokens, labels, lengths = (hashlib.sha256() for _ in range(3))
        count = masked = elements = 0
        for _, label, sequences, sample_masks in samples(folder, split, masks):
            for values in sequences:
                stored = values.astype("<u2") if values.dtype.kind == "u" else values
                tokens.update(np.uint32(len(values)).tobytes() + stored.tobytes())
                lengths.update(np.uint32(len(values)).tobytes())
                elements += len(values)
            labels.update(label_type(label).tobytes())
            count += 1
            masked += sum(int(mask.sum()) for mask in sample_masks)
        print(f"{split}: {count} samples, {elements} elements")
        print(f"  tokens  {tokens.hexdigest()}\n  labels  {labels.hexdigest()}")
        print(f"  lengths {lengths.hexdigest()}")
        if masks:
            print(f"  masked  {masked / elements:.4f} of all elements")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None)
