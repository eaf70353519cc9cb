#!/usr/bin/env python3
"""A small study of real runs, so that the report has something to show.

Usage: sample_study.py FOLDER [PROGRAMS]

Makes two data sets and trains two tiny networks on them from two seeds, each from scratch and after
masked pretraining: a few minutes on two cores. Writes FOLDER/data and FOLDER/study with `results.json`.
The cells of data fractions and of shared budgets are made up; their runs are those of the whole data.
"""

import json
import math
import pathlib
import statistics
import subprocess
import sys

SEEDS = [1, 2, 3]
TASKS = {"listops": "0.15", "pathfinder32": "0.50"}
S4 = {
    "bidirectional": True, "family": {"s4": {"copies": 2, "rank": 1, "states": 16}}, "gated": True,
    "largestStep": 0.1, "smallestStep": 0.001,
}
SMALL_S4 = {
    "network": {"width": 32, "depth": 2, "layers": [{"stateSpace": {"model": S4}}]}, "batchSize": 16,
}
SMALL_TRANSFORMER = {"network": {"width": 32, "depth": 2}, "batchSize": 16}
PRESETS = {
    "Transformer": ({"listops": "demo-listops", "pathfinder32": "demo-pathfinder32"}, SMALL_TRANSFORMER),
    "S4": ({"listops": "s4-listops", "pathfinder32": "s4-pathfinder"}, SMALL_S4),
}
STEPS = {"listops": (120, 80), "pathfinder32": (30, 30)}


class Sample:
    def __init__(self, folder, programs):
        self.folder = folder
        self.prep = programs / "lra-prep"
        self.train = programs / "lra-train"
        self.runs = folder / "study" / "runs"

    def call(self, program, *arguments):
        done = subprocess.run(
            [str(program), *map(str, arguments)], capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise SystemExit(f"error: {program} {' '.join(map(str, arguments))}\n{done.stderr}")
        return done.stdout

    def data(self):
        listops, images = self.folder / "listops.tar.gz", self.folder / "pathfinder32.tar.gz"
        self.call(
            self.prep, "generate", "listops", "--seed", 1, "--samples", 1200,
            "--validation-samples", 200, "--test-samples", 200, "--depth", 4,
            "--maximum-arguments", 6, "--minimum-length", 15, "--maximum-length", 60,
            "--value-probability", 0.7, "--output", listops,
        )
        self.call(
            self.prep, "generate", "pathfinder", "--seed", 1, "--resolution", 32,
            "--samples", 300, "--output", images,
        )
        for task, archive in [("listops", listops), ("pathfinder32", images)]:
            self.call(
                self.prep, "build", task, "--input", archive, "--output", self.folder / "data" / task,
                "--mask", f"token:{TASKS[task]}:seed=0:variants=2",
            )

    def run(self, stage, name, task, architecture, seed, *more):
        if not (self.runs / name / "summary.json").exists():
            presets, changes = PRESETS[architecture]
            config = self.folder / f"{architecture}.json"
            config.write_text(json.dumps({**changes, "reportSteps": 5, "validation": {"everySteps": 10}}))
            self.call(
                self.train, stage, "--data", self.folder / "data" / task, "--preset", presets[task],
                "--config", config, "--seed", seed, "--warmup", 10, "--learning-rate", 0.003,
                "--steps", STEPS[task][0 if stage == "pretrain" else 1], "--run", self.runs / name, *more,
            )
        return name

    def test(self, name):
        score = json.loads(
            self.call(self.train, "evaluate", "--run", self.runs / name, "--split", "test", "--json")
        )
        (self.runs / name / "test.json").write_text(json.dumps(score) + "\n")
        return score["accuracy"]

    def summary(self, name):
        return json.loads((self.runs / name / "summary.json").read_text())

    def cell(self, task, architecture, start):
        values, runs, pretrainings, seconds = [], [], [], []
        for seed in SEEDS:
            prefix = f"{task}-{architecture.lower()}-{start}"
            more, spent = [], 0
            if start != "scratch":
                first = self.run("pretrain", f"{prefix}-pretrain-seed-{seed}", task, architecture, seed)
                pretrainings.append(f"runs/{first}")
                more = ["--from", self.runs / first]
                spent = self.summary(first)["clock"]["seconds"]
            name = self.run(
                "finetune", f"{prefix}-finetune-seed-{seed}", task, architecture, seed, *more
            )
            values.append(self.test(name))
            runs.append(f"runs/{name}")
            seconds.append(spent + self.summary(name)["clock"]["seconds"])
        summary = self.summary(runs[0].split("/")[1])
        steps = summary["totalSteps"] + (STEPS[task][0] if start != "scratch" else 0)
        return {
            "task": task, "architecture": architecture, "start": start, "metric": "accuracy",
            "values": values, "seeds": SEEDS, "mean": statistics.mean(values),
            "deviation": statistics.stdev(values), "learningRate": 0.003, "batchSize": 16,
            "isChosen": False, "parameters": summary["parameters"],
            "seconds": statistics.mean(seconds),
            "operations": 6.0 * summary["parameters"] * steps * 16 * (40 if task == "listops" else 1024),
            "runs": runs, "pretrainings": pretrainings,
        }

    def task(self, name):
        manifest = json.loads((self.folder / "data" / name / "manifest.json").read_text())
        counts = {split: entry["samples"] for split, entry in manifest["splits"].items()}
        run = json.loads((self.runs / f"{name}-s4-scratch-finetune-seed-1" / "config.json").read_text())
        return {
            "name": name, "data": str(self.folder / "data" / name), "digest": run["dataDigest"],
            "samples": counts, "used": counts,
            "provenance": [f"{i['name']} {i['sha256']}" for i in manifest["provenance"]["inputs"]],
        }


def welch(first, second):
    """The two-sided p of Welch's t-test, by Simpson's rule over the density of t."""
    a, b = (statistics.variance(x) / len(x) for x in (first, second))
    if a + b == 0:
        return None
    t = abs(statistics.mean(first) - statistics.mean(second)) / math.sqrt(a + b)
    freedom = (a + b) ** 2 / (a * a / (len(first) - 1) + b * b / (len(second) - 1))
    scale = math.exp(math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2))
    scale /= math.sqrt(freedom * math.pi)
    count, step = 2000, t / 2000
    density = [scale * (1 + (i * step) ** 2 / freedom) ** (-(freedom + 1) / 2) for i in range(count + 1)]
    inside = density[0] + density[-1] + 4 * sum(density[1:-1:2]) + 2 * sum(density[2:-1:2])
    return max(0.0, 1 - 2 * inside * step / 3)


def varied(cell, field, share, gain):
    """A made-up cell: the same runs with values moved by `gain`."""
    values = [max(0.0, round(value + gain, 6)) for value in cell["values"]]
    return {**cell, field: share, "values": values, "mean": statistics.mean(values), "pValue": None}


def main():
    folder = pathlib.Path(sys.argv[1])
    programs = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else ".build/release")
    sample = Sample(folder, programs)
    sample.runs.mkdir(parents=True, exist_ok=True)
    if not (folder / "data" / "pathfinder32" / "manifest.json").exists():
        sample.data()
    cells = []
    for task in TASKS:
        for architecture in PRESETS:
            scratch, masked = (sample.cell(task, architecture, s) for s in ("scratch", "masked"))
            masked["pValue"] = welch(masked["values"], scratch["values"])
            cells += [scratch, masked]
    parts = []
    for cell in cells[:4]:
        gain = -0.10 if cell["start"] == "scratch" else -0.05
        parts += [varied(cell, "fraction", f, gain * n) for f, n in [(0.01, 1.5), (0.1, 1), (0.5, 0.4)]]
        if cell["start"] == "scratch":
            parts.append(varied(cell, "pretrainingShare", 0.0, 0))
        else:
            parts += [
                varied(cell, "pretrainingShare", s, g) for s, g in [(0.2, 0.02), (0.5, 0.05), (0.8, 0.01)]
            ]
    result = {
        "title": "A sample for the report's own test",
        "source": "hand-made; the protocol is that of Amos, Berant and Gupta, table 1",
        "question": "Do a Transformer and S4 gain from pretraining on the data they are judged on?",
        "scale": "Networks of 32 channels and 2 layers, at most 1,200 samples and 120 steps.",
        "command": "python3 Tests/Report/sample_study.py sample && lra-train report sample/study -o r.html",
        "version": "0.3.0",
        "tasks": [sample.task(task) for task in TASKS],
        "cells": cells + parts,
        "unfinished": [
            {"run": "runs/listops-s4-causal-pretrain-seed-1"},
            {
                "run": "runs/listops-s4-causal-pretrain-seed-2",
                "failure": "the loss is not finite at step 7 <& more>",
            },
        ],
    }
    text = json.dumps(result, indent=2, sort_keys=True) + "\n"
    (folder / "study" / "results.json").write_text(text)
    print(folder / "study")


if __name__ == "__main__":
    main()
