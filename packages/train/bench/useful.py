# Useful tokens (no padding, no cropping) per second on real documents: ours on packed rows against a
# PyTorch trainer that gives every document piece a row of its own and pads it, as most scripts do.
#   python packages/train/bench/useful.py PACKED [--threads N] [--rounds N] [--addon]
# PACKED: a folder of packed shards. The pieces are the same for all; a script that truncates instead
# of cutting would also lose all pieces but the first of each document.
import argparse
import json
import pathlib
import statistics
import subprocess
import tempfile
import time

import torch

from gpt import GPT, Trainer

parser = argparse.ArgumentParser()
parser.add_argument("packed")
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--rounds", type=int, default=2)
parser.add_argument("--steps", type=int, default=10)
parser.add_argument("--rows", type=int, default=2)
parser.add_argument("--addon", action="store_true")
args = parser.parse_args()
torch.set_num_threads(args.threads)
here = pathlib.Path(__file__).parent
command = ["node", here / "useful.js", args.packed, "--threads", str(args.threads),
           "--steps", str(args.steps), "--rows", str(args.rows)]
with tempfile.TemporaryDirectory() as folder:
    path = pathlib.Path(folder) / "pieces.json"
    subprocess.run([*command, "--pieces", path], check=True)
    data = json.loads(path.read_text())
T, pieces = data["sequenceLength"], data["pieces"]
total = sum(map(len, pieces))
print(f"{len(pieces)} pieces of up to {T} tokens, mean {total / len(pieces):.0f}")


def padded(width):
    """Batches whose area is that of the packed ones, `rows` x T; `width` None pads to the longest."""
    batches, group = [], []
    for piece in pieces:
        grown = [*group, piece]
        if group and len(grown) * (width or max(map(len, grown))) > args.rows * T:
            batches.append(group)
            grown = [piece]
        group = grown
    batches.append(group)
    for group in batches:
        size = width or max(map(len, group))
        ids = torch.zeros(len(group), size, dtype=torch.long)
        targets = torch.full_like(ids, -1)
        for i, piece in enumerate(group):
            ids[i, : len(piece)] = torch.tensor(piece)
            targets[i, : len(piece) - 1] = ids[i, 1 : len(piece)]
        yield sum(map(len, group)), (ids, torch.arange(size), None, targets)


def run_padded(name, width):
    torch.manual_seed(1)
    trainer = Trainer(GPT(data["vocabSize"], T))
    batches = list(padded(width))
    for _, batch in batches[:2]:
        trainer.step(*batch)
    tokens, cpu, start = 0, time.process_time(), time.perf_counter()
    for count, batch in batches[2:]:
        trainer.step(*batch)
        tokens += count
    area = sum(batch[0].numel() for _, batch in batches)
    return {"trainer": name, "tokens": tokens, "seconds": time.perf_counter() - start,
            "cpuSeconds": time.process_time() - cpu, "padding": round(1 - total / area, 3)}


results = {}
for _ in range(args.rounds):
    lines = [run_padded("PyTorch, padded to the longest", None), run_padded("PyTorch, padded to T", T)]
    for backend in ["wasm", "torch"] if args.addon else ["wasm"]:
        out = subprocess.run([*command, "--backend", backend], check=True, capture_output=True, text=True)
        lines.append(json.loads(out.stdout))
    for line in lines:
        print(json.dumps(line), flush=True)
        results.setdefault(line["trainer"], []).append(line)
base = results["PyTorch, padded to the longest"]
for name, lines in results.items():
    for key in ("seconds", "cpuSeconds"):
        rates = [statistics.median(x["tokens"] / x[key] for x in group) for group in (lines, base)]
        unit = "second" if key == "seconds" else "CPU second"
        print(f"{name}: {rates[0]:.0f} useful tokens a {unit}, {rates[0] / rates[1]:.2f} times")
