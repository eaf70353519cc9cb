#!/usr/bin/env python3
"""Two small studies of real runs, so that the report has something to show.

Usage: sample_study.py FOLDER [PROGRAMS]

Makes two data sets and compares two tiny networks on them from three seeds, with two amounts of data,
and one more from two seeds with epochs that both stages share: a few minutes on two cores. Leaves
FOLDER/data, FOLDER/study and FOLDER/shared and prints the names of both studies; what is there already
is used again.
"""

import json
import pathlib
import subprocess
import sys

S4 = {
    "bidirectional": True, "family": {"s4": {"copies": 2, "rank": 1, "states": 16}}, "gated": True,
    "largestStep": 0.1, "smallestStep": 0.001,
}
COMMON = {
    "batchSize": 16, "reportSteps": 5, "optimizer": {"learningRate": 0.003},
    "schedule": {"warmUpSteps": 10}, "validation": {"everySteps": 10},
}
SMALL = {"width": 32, "depth": 2}
ARCHITECTURES = [
    {
        "name": "Transformer",
        "presets": {"listops": "demo-listops", "pathfinder32": "demo-pathfinder32"},
        "changes": {**COMMON, "network": SMALL},
    },
    {
        "name": "S4",
        "presets": {"listops": "s4-listops", "pathfinder32": "s4-pathfinder"},
        "changes": {**COMMON, "network": {**SMALL, "layers": [{"stateSpace": {"model": S4}}]}},
    },
]
MASKS = {"listops": "token:0.15:seed=0", "pathfinder32": "token:0.5:seed=0"}
STUDY = {
    "title": "A sample for the report's own test: <two> networks & two tasks",
    "source": "Amos, Berant and Gupta, Never Train from Scratch, ICLR 2024, table 1 and figure 3",
    "question": "Do a Transformer and S4 gain from pretraining on the data they are judged on?",
    "tasks": [{"name": name, "mask": mask} for name, mask in MASKS.items()],
    "architectures": ARCHITECTURES,
    "starts": ["scratch", "masked"],
    "seeds": [1, 2, 3],
    "fractions": [0.25, 1],
    "scale": {"pretrainSteps": 40, "finetuneSteps": 30},
}
SHARED = {
    "title": "A sample with epochs that both stages share",
    "source": "Amos, Berant and Gupta, Never Train from Scratch, ICLR 2024, table 8",
    "question": "Is a part of the budget better spent on pretraining?",
    "tasks": [{"name": "listops", "mask": MASKS["listops"]}],
    "architectures": [
        {**each, "presets": {"listops": each["presets"]["listops"]}} for each in ARCHITECTURES
    ],
    "starts": ["scratch", "masked", "causal"],
    "seeds": [1, 2],
    "tiedEpochs": {"epochs": 2, "shares": [0, 0.5]},
    "scale": {"samples": 640},
}


def call(program, *arguments):
    line = [str(program), *map(str, arguments)]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"error: {' '.join(line)}\n{done.stderr[-3000:]}")


def make_data(folder, prep):
    listops, images = folder / "listops.tar.gz", folder / "pathfinder32.tar.gz"
    call(
        prep, "generate", "listops", "--seed", 1, "--samples", 1200, "--validation-samples", 200,
        "--test-samples", 200, "--depth", 4, "--maximum-arguments", 6, "--minimum-length", 15,
        "--maximum-length", 60, "--value-probability", 0.7, "--output", listops,
    )
    call(
        prep, "generate", "pathfinder", "--seed", 1, "--resolution", 32, "--samples", 300,
        "--output", images,
    )
    for task, archive in [("listops", listops), ("pathfinder32", images)]:
        call(prep, "build", task, "--input", archive, "--output", folder / "data" / task)


def compare(folder, name, study, train):
    place = folder / name
    if (place / "study.json").exists():
        call(train, "compare", place, "--quiet")
    else:
        file = folder / f"{name}.json"
        file.write_text(json.dumps(study, indent=2) + "\n")
        call(train, "compare", file, "--data", folder / "data", "-o", place, "--quiet")
    print(place)


def main():
    folder = pathlib.Path(sys.argv[1])
    programs = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else ".build/release")
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "data" / "pathfinder32" / "manifest.json").exists():
        make_data(folder, programs / "lra-prep")
    compare(folder, "study", STUDY, programs / "lra-train")
    compare(folder, "shared", SHARED, programs / "lra-train")


if __name__ == "__main__":
    main()
