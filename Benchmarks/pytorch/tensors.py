"""Reads safetensors files with json and NumPy alone (docs/shard-format.md says what they are)."""

import json

import numpy as np
import torch

TYPES = {"F32": "<f4", "F64": "<f8", "I32": "<i4", "I64": "<i8", "U8": "u1"}


def read(path):
    """The tensors of a file by name, and its metadata."""
    data = np.fromfile(path, np.uint8)
    start = 8 + int(data[:8].view("<u8")[0])
    header = json.loads(data[8:start].tobytes())
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        if entry["dtype"] not in TYPES:
            raise ValueError(f"the tensor '{name}' has the type {entry['dtype']}, which is not read here")
        first, end = (start + offset for offset in entry["data_offsets"])
        values = np.frombuffer(data[first:end].tobytes(), TYPES[entry["dtype"]])
        tensors[name] = torch.from_numpy(values.reshape(entry["shape"]).copy())
    return tensors, metadata
