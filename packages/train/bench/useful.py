# Useful tokens (no padding, no cropping) per second on real documents: ours on packed rows against
# PyTorch trainers that give every document piece a row of its own, as most scripts do, and against
# one that packs too, with a dense mask.
#   python packages/train/bench/useful.py PACKED [--seconds N] [--rounds N] [--threads N] [--addon]
# PACKED: a folder of packed shards. Every side trains on the same pieces, in batches of the same area
# (`rows` x the row length), for so many seconds in each round; the sides alternate, each in a process
# of its own, so a run takes rounds x sides x (seconds + a few to start). A script that truncates
# instead of cutting would also lose all pieces but the first of each document; that is not counted.
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

parser = argparse.ArgumentParser()
parser.add_argument("packed")
parser.add_argument("--seconds", default="15", help="of training, a side and round")
parser.add_argument("--rounds", type=int, default=3)
parser.add_argument("--threads", default="2")
parser.add_argument("--rows", default="4", help="packed rows a batch")
parser.add_argument("--addon", action="store_true", help="also our torch provider")
args = parser.parse_args()
here = pathlib.Path(__file__).parent
common = ["--seconds", args.seconds, "--threads", args.threads, "--rows", args.rows]
# OpenMP threads that wait sleep instead of spinning, so that what else runs costs PyTorch less.
environment = {**os.environ, "OMP_WAIT_POLICY": "passive"}
ours = ["node", here / "useful.js", args.packed]

BASE = "PyTorch, padded to the longest"
with tempfile.TemporaryDirectory() as folder:
    pieces = pathlib.Path(folder) / "pieces.json"
    subprocess.run([*ours, "--pieces", pieces], check=True)
    data = json.loads(pieces.read_text())
    lengths = sorted(map(len, data["pieces"]))
    shares = {f"{q} %": lengths[q * (len(lengths) - 1) // 100] for q in (10, 25, 50, 75, 90, 99)}
    print(f"{len(lengths)} pieces, rows of {data['sequenceLength']}, vocabulary {data['vocabSize']}; "
          f"tokens a piece: mean {statistics.mean(lengths):.0f}, {shares}", flush=True)
    theirs = [sys.executable, here / "useful_padded.py", pieces]
    commands = {
        "PyTorch, padded to the row length": [*theirs, "row"],
        BASE: [*theirs, "longest"],
        "PyTorch, pieces of like length together": [*theirs, "sorted"],
        "PyTorch, packed with a dense mask": [*theirs, "packed"],
        "ours, wasm": [*ours, "--backend", "wasm"],
    }
    if args.addon:
        commands["ours, torch addon"] = [*ours, "--backend", "torch"]
    results = {name: [] for name in commands}
    for _ in range(args.rounds):
        for name, command in commands.items():
            out = subprocess.run([*command, *common], check=True, capture_output=True, text=True, env=environment)
            results[name].append(json.loads(out.stdout))
            print(name, out.stdout.strip(), flush=True)


def rates(name, key):
    return [line["tokens"] / line[key] for line in results[name]]


print(f"\nof {args.rounds} rounds: fill, useful tokens a second: median (least to most); "
      f"times `{BASE}`, by wall and by CPU time")
for name, lines in results.items():
    fill = sum(x["tokens"] for x in lines) / sum(x["area"] for x in lines)
    wall = rates(name, "seconds")
    ratios = [statistics.median(rates(name, key)) / statistics.median(rates(BASE, key))
              for key in ("seconds", "cpuSeconds")]
    print(f"{name:40} {100 * fill:5.1f} %  {statistics.median(wall):6.0f} ({min(wall):.0f} to {max(wall):.0f})"
          f"  {ratios[0]:.2f}  {ratios[1]:.2f}")
