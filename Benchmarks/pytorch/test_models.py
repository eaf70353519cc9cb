"""Checks models.py against the golden files of this repository: logits, losses, every gradient.

    python test_models.py                              all files that models.py can build
    python test_models.py ../../fixtures/golden/s4d_lin.safetensors

Golden files were computed in float64 and rounded to float32 (docs/golden-files.md). In float64 the
models here have to agree with them to 2e-6 of each tensor's magnitude; in float32, to 64 times the
noise of plain float32 arithmetic that the file states (PyTorch's batch norm of [B L, D] adds up in
float32, with errors of 4e-6). A gradient that is 0 in exact arithmetic is
judged against the largest one. All ways to make the powers of diagonal models are checked.
"""

import argparse
import json
import sys
from pathlib import Path

import torch

import models
import tensors

GOLDEN = Path(__file__).resolve().parents[2] / "fixtures" / "golden"


def layer(entry):
    """A golden file's layer as NetworkConfiguration has it."""
    kind, both = entry["kind"], entry.get("bidirectional", False)
    if kind == "ff":
        return {"feedForward": {"expand": entry["expand"]}}
    if kind in ("attn", "local"):
        options = {name: entry.get(name, False) for name in ("causal", "rotary")} | {"heads": entry["heads"]}
        if kind == "attn":
            return {"attention": options}
        around = {"window": entry["window"], "back": entry["back"], "forward": entry["fwd"]}
        return {"localAttention": options | around}
    if kind == "mega":
        model = {"queryWidth": entry["z"], "valueWidth": entry["v"], "states": entry["n"]}
        model |= {"scores": entry["attn"], "bidirectional": both, "expand": entry["ff_expand"]}
        model |= {"chunk": entry.get("chunk"), "maximumPositions": entry.get("max_positions", 1024)}
        return {"mega": {"model": model}}
    numbers = {"states": entry["d_state"]}
    if kind in ("s4", "s4d"):
        numbers["copies"] = entry["n_ssm"]
    if kind == "s4":
        numbers |= {"rank": entry.get("rank", 1), "maximumLength": entry.get("l_max")}
    elif kind == "s4d":
        numbers |= {"discretization": entry.get("disc", "bilinear"), "eigenvalues": "linear"}
    else:
        numbers["version"] = entry.get("version", "complex")
    return {"stateSpace": {"model": {"family": {kind: numbers}, "bidirectional": both, "gated": True}}}


def network(model):
    """A golden file's model as NetworkConfiguration has it."""
    encoder, decoder = model["encoder"], model["decoder"]
    inside = model["layers"][0].get("norm")
    return {
        "encoder": {"embedding": {"vocabulary": encoder["vocab"]}}
        if encoder["kind"] == "embed"
        else {"linear": {"inputs": encoder["in"]}},
        "positions": {"sin": "sinusoidal", "learned": "learned"}.get(model["pos"], "none"),
        "width": model["d_model"],
        "layers": [layer(entry) for entry in model["layers"]],
        "depth": model["n_layers"],
        "prenorm": model["prenorm"],
        "norm": inside or model["norm"],
        "head": {"retrieval": "pairs"}.get(decoder["kind"], decoder["kind"]),
        "outputs": decoder.get("out"),
        "pooling": decoder["mode"],
        "poolsOverLengths": decoder.get("use_lengths", False),
        "dropout": 0,
    }


def part(values, prefix):
    return {name[len(prefix) :]: value for name, value in values.items() if name.startswith(prefix)}


def check(path, dtype, powers):
    """The largest difference in units of what is allowed, and the name of its tensor."""
    file, metadata = tensors.read(path)
    config, noise = json.loads(metadata["config"]), json.loads(metadata["noise"])
    model = models.Network(network(config["model"]), powers)
    model.load(part(file, "w.") | part(file, "buf."))
    model.to(dtype)
    x, target = (
        t.to(dtype) if t.is_floating_point() else t for t in (file["in.x"], file["in.target"])
    )
    logits = model(x, file.get("in.lengths"))
    loss = models.loss(logits, target)
    loss.backward()
    found = {"out.logits": logits, "loss": loss} | {"g." + n: p.grad for n, p in model.named_parameters()}
    largest = max(size for name, (size, _) in noise.items() if name.startswith("g.") and "act" not in name)
    worst = (0.0, "")
    for name, value in found.items():
        want = file[name].flatten()[:1] if name == "loss" else file[name]
        size, rounding = noise[name]
        limit = 2e-6 * size + 1e-7 * largest if dtype == torch.float64 else 64 * rounding + 1e-6 * size
        worst = max(worst, ((value.detach().flatten() - want.flatten()).abs().max().item() / limit, name))
    return worst


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path, help="model files; all of fixtures/golden by default")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    failed = checked = 0
    for path in arguments.files or sorted(GOLDEN.glob("*.safetensors")):
        if json.loads(tensors.read(path)[1].get("config", "{}")).get("kind") != "model":
            continue
        sums = path.stem.startswith(("s4d", "dlr", "mega"))
        for dtype in (torch.float64, torch.float32):
            for powers in models.POWERS if sums else models.POWERS[:1]:
                what = f"{path.stem}, {str(dtype)[6:]}" + (f", {powers} powers" if sums else "")
                try:
                    worst, name = check(path, dtype, powers)
                except ValueError as error:
                    print(f"skipped  {what}: {error}")
                    continue
                checked, failed = checked + 1, failed + (not worst <= 1)
                print(f"{'passed' if worst <= 1 else 'FAILED'}   {what}: {worst:.2g} of the limit, in {name}")
    print(f"{checked} checks, {failed} failed")
    return 1 if failed or not checked else 0


if __name__ == "__main__":
    sys.exit(main())
