"""Prints how fast lra-train is against PyTorch on this machine's processor, as Markdown tables.

    python compare.py                                     every configuration, 2 threads and 1
    python compare.py s4-image mega-image --threads 2     some of them
    python compare.py s4-pathx --time 600 --rounds 3      longer, for steadier figures
    python compare.py transformer-image --compile         torch.compile beside it
    python compare.py --json all.json > table.md          with every raw figure

Before anything is timed, PyTorch computes the loss and the norm of the gradients of one batch with
our weights; a configuration where they differ from ours is not timed. Then both programs run in
turn, each time as a new process, so that a peak of memory is its own. Progress goes to standard
error. README.md says what is measured.
"""

import argparse
import datetime
import importlib.metadata
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
MOST_STEPS = 10
# makes glibc keep freed memory instead of returning it to the system and faulting it in again
KEEPING = {"MALLOC_MMAP_THRESHOLD_": str(2**32), "MALLOC_TRIM_THRESHOLD_": str(2**40)}
WANTED_MEMORY = 0.5
WANTED = {
    **dict.fromkeys(("transformer-image", "transformer-pathfinder"), 1.4),
    **dict.fromkeys(("transformer-listops", "transformer-text", "transformer-retrieval"), 1.25),
    "local-pathx": 1.3,
    **dict.fromkeys(("s4-image", "s4-listops", "s4-pathfinder"), 2.5),
    **dict.fromkeys(("s4-pathx", "s4d-image", "s4d-pathx"), 4),
    **dict.fromkeys(("dlr-image", "dlr-listops", "dlr-pathx", "mega-image"), 2),
}
# of gradient norms, a tenth of it of losses
TOLERANCE = 1e-3
# PyTorch makes DLR's phases, up to 1e5 at this length, in float32; ours come from Double
LOOSER = {"dlr-pathx": 1e-2}
COLUMNS = (
    "configuration", "threads", "step, ours", "PyTorch", "ratio", "wanted", "forward, ours", "PyTorch",
    "ratio", "peak MiB, ours", "PyTorch", "ratio", f"at most {WANTED_MEMORY}", "AdamW", "steps",
)  # fmt: skip


class Failure(Exception):
    """Why a configuration has no row, in one sentence."""


def note(text):
    print(text, file=sys.stderr, flush=True)


def lines(command, what, **variables):
    """The JSON lines that a program prints."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **variables})
    except OSError as error:
        raise Failure(f"{what}: {error.strerror}; build with `swift build -c release`, or see --ours")
    found = []
    for line in done.stdout.splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    failed = [line["message"] for line in found if line.get("event") == "failed"]
    if done.returncode or failed or not found:
        said = done.stderr.strip().splitlines()
        said = failed or [line for line in said if "error" in line.lower()] or said[-1:]
        raise Failure(f"{what} failed: {said[0] if said else f'exit code {done.returncode}'}")
    return found


def ours(arguments, *options):
    return lines([arguments.ours, "bench", *map(str, options), "--json"], "lra-train bench")


def theirs(arguments, file, threads, *options):
    command = [sys.executable, HERE / "bench.py", file, "--threads", threads, "--powers", arguments.powers]
    variables = KEEPING if arguments.allocator == "keep" else {}
    return lines([*map(str, command), *map(str, options)], "bench.py", **variables)[-1]


def check(arguments, name, file):
    """The seconds of a training pass in PyTorch, whose results agree with ours."""
    ours(arguments, name, "--write", file)
    result = theirs(arguments, file, max(arguments.threads), "--check")
    allowed = LOOSER.get(name, TOLERANCE) if arguments.tolerance is None else arguments.tolerance
    for what, tolerance in (("loss", allowed / 10), ("gradientNorm", allowed)):
        found, expected = result[what], result["expected" + what[0].upper() + what[1:]]
        difference = abs(found - expected) / max(abs(expected), 1e-30)
        note(f"{name}: {what} {expected:.6g} here, {found:.6g} in PyTorch, {difference:.1e} apart")
        if not difference <= tolerance:
            raise Failure(
                f"{what} differs by {difference:.1e} of itself, more than {tolerance:.0e}: not the same network"
            )
    return result["firstPass"]


def alternate(arguments, name, file, threads, steps):
    """The results of all rounds: a list for each of `ours`, `theirs` and `compiled`."""
    results = {"ours": [], "theirs": [], "compiled": []}
    for index in range(arguments.rounds):
        note(f"{name}, threads {threads}, round {index + 1} of {arguments.rounds}, {steps} steps")
        found = ours(arguments, name, "--threads", threads, "--steps", steps)
        results["ours"].append([line for line in found if line.get("event") == "bench"][-1])
        results["theirs"].append(theirs(arguments, file, threads, "--steps", steps))
        if arguments.compile and "compileFailure" not in results:
            try:
                results["compiled"].append(theirs(arguments, file, threads, "--steps", steps, "--compile"))
            except Failure as failure:
                results["compileFailure"] = str(failure)
                note(f"{name}: torch.compile: {failure}")
    return results


def median(results, what):
    return statistics.median(result[what]["median"] for result in results)


def verdict(ratio, wanted, reached):
    return "" if wanted is None else f"{wanted:g}: {'reached' if reached else '**missed**'}"


def row(arguments, name, threads, results):
    """The cells of one row."""
    mine, other = results["ours"], results["theirs"]
    cells = [name, threads]
    for what in ("step", "forward"):
        a, b = median(mine, what), median(other, what)
        cells += [f"{a:.3g} s", f"{b:.3g} s", f"**{b / a:.2f}**"]
        if what == "step":
            wanted = WANTED.get(name)
            cells.append(verdict(b / a, wanted, wanted is not None and b / a >= wanted))
    a, b = (max(result["peakBytes"] for result in side) for side in (mine, other))
    cells += [f"{a / 2**20:,.0f}", f"{b / 2**20:,.0f}", f"{a / b:.2f}", "reached" if a <= WANTED_MEMORY * b else "**missed**"]
    cells.append("/".join(sorted({result["optimizer"] for result in other})))
    count = other[0]["step"]["count"]
    cells.append(f"{len(other)} x {count}")
    if arguments.compile:
        compiled = results["compiled"]
        step = median(compiled, "step") if compiled else None
        cells += [f"{step:.3g} s", f"{step / median(mine, 'step'):.2f}"] if step else ["failed", ""]
    return cells


def table_line(cells):
    print("| " + " | ".join(map(str, cells)) + " |", flush=True)


def heading(columns, names=1):
    table_line(columns)
    table_line(["---"] * names + ["---:"] * (len(columns) - names))


def header(arguments):
    cpu = "unknown processor"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            cpu = line.split(":", 1)[1].strip()
            break
    facts = {
        "date": datetime.date.today().isoformat(),
        "processor": cpu,
        "cores": len(os.sched_getaffinity(0)),
        "torch": importlib.metadata.version("torch"),
        "python": platform.python_version(),
        "powers": arguments.powers,
        "allocator": arguments.allocator,
        "rounds": arguments.rounds,
        "threads": arguments.threads,
    }
    print(
        f"{facts['date']}, {cpu}, {facts['cores']} cores, PyTorch {facts['torch']}, "
        f"Python {facts['python']}, {arguments.powers} powers, {arguments.allocator} allocator, rounds {arguments.rounds}. Ratios are "
        "PyTorch's time by ours, and our memory by PyTorch's.\n"
    )
    return facts


def scaling(raw):
    """What a second thread gains, by program."""
    print()
    heading(("1 thread to 2", "step, ours", "PyTorch", "forward, ours", "PyTorch"))
    for name, by_threads in raw.items():
        if "1" in by_threads and "2" in by_threads:
            gains = [
                median(by_threads["1"][side], what) / median(by_threads["2"][side], what)
                for what in ("step", "forward")
                for side in ("ours", "theirs")
            ]
            table_line([name, *(f"{gain:.2f}" for gain in gains)])


def numbers(text):
    values = [int(part) for part in text.split(",")]
    if not all(value > 0 for value in values):
        raise ValueError
    return values


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="configurations; all by default")
    parser.add_argument("--threads", type=numbers, default=[2, 1], help="numbers of threads (2,1)")
    parser.add_argument("--rounds", type=int, default=2, help="processes of each kind in a row (2)")
    parser.add_argument(
        "--time",
        type=float,
        default=120,
        metavar="SECONDS",
        help="timed steps of a row, both programs together (120); 1 to 10\nsteps a process, at least 1",
    )
    parser.add_argument(
        "--powers",
        choices=("real", "complex", "factored"),
        default="real",
        help="how PyTorch makes the powers in kernels of diagonal models and Mega (README.md)",
    )
    parser.add_argument(
        "--allocator",
        choices=("plain", "keep"),
        default="plain",
        help="whether malloc keeps freed memory in PyTorch's processes (README.md)",
    )
    parser.add_argument("--compile", action="store_true", help="a column for torch.compile")
    parser.add_argument(
        "--tolerance",
        type=float,
        help=f"of gradient norms, a tenth of it of losses ({TOLERANCE:g}; of {', '.join(LOOSER)} {max(LOOSER.values()):g})",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every raw figure")
    parser.add_argument(
        "--ours",
        default=str(HERE.parents[1] / ".build" / "release" / "lra-train"),
        metavar="PROGRAM",
        help="lra-train; .build/release/lra-train of this repository by default",
    )
    return parser.parse_args()


def main():
    arguments = parse()
    failures, raw = [], {}
    try:
        known = [line["name"] for line in ours(arguments, "--list") if line.get("event") == "configuration"]
    except Failure as failure:
        note(f"error: {failure}")
        return 1
    unknown = [name for name in arguments.names if name not in known]
    if unknown:
        note(f"error: no configuration is called '{unknown[0]}'; known are {', '.join(known)}")
        return 1
    facts = header(arguments)
    heading(COLUMNS + (("compiled", "ratio") if arguments.compile else ()))
    with tempfile.TemporaryDirectory() as folder:
        for name in arguments.names or known:
            file = Path(folder) / "network.safetensors"
            try:
                pass_seconds = check(arguments, name, file)
                raw[name] = {}
                for threads in arguments.threads:
                    whole = 2 * arguments.rounds * pass_seconds * max(arguments.threads) / threads
                    steps = max(1, min(MOST_STEPS, int(arguments.time / whole)))
                    results = alternate(arguments, name, file, threads, steps)
                    raw[name][str(threads)] = results
                    table_line(row(arguments, name, threads, results))
                    if "compileFailure" in results:
                        failures.append(f"{name}: torch.compile: {results['compileFailure']}")
            except Failure as failure:
                failures.append(f"{name}: {failure}")
                note(f"error: {failures[-1]}")
            if arguments.json:
                arguments.json.write_text(json.dumps({"header": facts, "results": raw}, indent=1) + "\n")
    if any({"1", "2"} <= by_threads.keys() for by_threads in raw.values()):
        scaling(raw)
    for failure in failures:
        note(f"failed: {failure}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
