"""Times one network in PyTorch, in this process, and prints one JSON line.

    lra-train bench s4-image --write s4-image.safetensors
    python bench.py s4-image.safetensors --threads 2 --steps 5

The file has the configuration, the weights and the batch. A first training pass warms up and is
compared by compare.py with the file's own results; then come forward passes (evaluation, without
autograd) and whole training steps: gradients to none, forward, loss, backward, AdamW. Of AdamW's
implementations (fused, foreach, one by one) the fastest is taken, and named. Times are in seconds.
"""

import argparse
import json
import os
import statistics
import sys
import time


def seconds(function):
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def timed(function, count):
    times = [seconds(function) for _ in range(count)]
    return {
        "median": statistics.median(times),
        "minimum": min(times),
        "maximum": max(times),
        "count": count,
    }


def peak_bytes():
    """The most memory that this process ever had resident."""
    with open("/proc/self/status") as status:
        return next(1024 * int(line.split()[1]) for line in status if line.startswith("VmHWM"))


def fastest_optimizer(parameters):
    """The name of AdamW's fastest implementation here, and one whose moments exist."""
    from torch.optim import AdamW

    best = (float("inf"), "", None)
    for name in ("fused", "foreach", "for-loop"):
        options = {"fused": name == "fused", "foreach": name == "foreach"}
        optimizer = AdamW(parameters, lr=1e-4, weight_decay=0.05, **options)
        optimizer.step()
        best = min(best, (min(seconds(optimizer.step) for _ in range(3)), name, optimizer))
        del optimizer
    return best[1:]


def measure(arguments):
    import torch

    import models
    import tensors

    torch.set_num_threads(arguments.threads)
    idle = peak_bytes()
    file, metadata = tensors.read(arguments.file)
    configuration = json.loads(metadata["bench"])
    batch = file.pop("batch.tokens" if "batch.tokens" in file else "batch.values")
    lengths = file.pop("batch.lengths", None)
    target = file.pop("target.classes" if "target.classes" in file else "target.values")
    expected = {name[7:]: file.pop(name) for name in list(file) if name.startswith("result.")}
    network = models.Network(configuration["network"], arguments.powers)
    network.load(file)
    del file
    model = torch.compile(network) if arguments.compile else network
    parameters = list(network.parameters())

    def training_pass():
        network.zero_grad(set_to_none=True)
        loss = models.loss(model(batch, lengths), target)
        loss.backward()
        return loss.detach()

    def forward():
        with torch.no_grad():
            model(batch, lengths)

    start = time.perf_counter()
    loss = training_pass().item()
    result = {
        "event": "bench",
        "name": configuration["name"],
        "threads": arguments.threads,
        "parameters": sum(p.numel() for p in parameters),
        "powers": arguments.powers,
        "compiled": arguments.compile,
        "firstPass": time.perf_counter() - start,
        "loss": loss,
        "gradientNorm": torch.stack([p.grad.double().norm() for p in parameters]).norm().item(),
        "expectedLoss": expected["loss"].item(),
        "expectedGradientNorm": expected["gradient_norm"].item(),
    }
    if not arguments.check:
        network.eval()
        forward()
        result["forward"] = timed(forward, arguments.steps)
        network.train()
        result["optimizer"], optimizer = fastest_optimizer(parameters)

        def step():
            training_pass()
            optimizer.step()

        # after forward passes alone the allocator takes a step to settle
        step()
        result["step"] = timed(step, arguments.steps)
    return result | {"idleBytes": idle, "peakBytes": peak_bytes()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("file", help="what `lra-train bench NAME --write` wrote")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--steps", type=int, default=5, help="timed repeats after the warm-up (5)")
    parser.add_argument(
        "--powers",
        choices=("real", "complex", "factored"),
        default="real",
        help="how kernels of diagonal models get their powers (README.md)",
    )
    parser.add_argument("--compile", action="store_true", help="torch.compile; needs a C++ compiler")
    parser.add_argument("--check", action="store_true", help="only the first pass, nothing timed")
    arguments = parser.parse_args()
    # Thread pools read these when they start, so before torch is imported.
    os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = str(arguments.threads)
    try:
        print(json.dumps(measure(arguments)), flush=True)
    except Exception as error:
        lines = str(error).strip().splitlines() or [""]
        message = f"{type(error).__name__}: {lines[0]}"
        print(json.dumps({"event": "failed", "message": message[:300]}), flush=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
