# One PyTorch side of useful.py: the GPT of gpt.py, eager, fp32, on batches of document pieces.
#   python packages/train/bench/useful_padded.py PIECES.json row|longest|sorted|packed
# row: each piece padded to the row length. longest: to the longest of its batch. sorted: the same,
# with the pieces of 50 batches sorted by length first, as transformers' `group_by_length` does.
# packed: the rows of our packer under a block-diagonal mask.
import argparse
import itertools
import json
import pathlib
import random
import time

import torch

from gpt import GPT, Trainer

parser = argparse.ArgumentParser()
parser.add_argument("pieces")
parser.add_argument("mode", choices=["row", "longest", "sorted", "packed"])
parser.add_argument("--seconds", type=float, default=15)
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--rows", type=int, default=4)
args = parser.parse_args()
torch.set_num_threads(args.threads)
torch.manual_seed(1)
data = json.loads(pathlib.Path(args.pieces).read_text())
T, area = data["sequenceLength"], args.rows * data["sequenceLength"]


def groups(pieces, width):
    """As many pieces as an area takes, in this order; `width` None: as wide as the longest."""
    group = []
    for piece in pieces:
        grown = [*group, piece]
        if group and len(grown) * (width or max(map(len, grown))) > area:
            yield group
            grown = [piece]
        group = grown


def padded(group, width=None):
    size = width or max(map(len, group))
    ids = torch.zeros(len(group), size, dtype=torch.long)
    targets = torch.full_like(ids, -1)
    for i, piece in enumerate(group):
        ids[i, : len(piece)] = torch.tensor(piece)
        targets[i, : len(piece) - 1] = ids[i, 1 : len(piece)]
    return ids, torch.arange(size), None, targets


def packed(rows):
    ids, targets = torch.zeros(len(rows), T, dtype=torch.long), torch.full((len(rows), T), -1)
    positions, documents = torch.zeros_like(ids), torch.full_like(ids, -1)
    for r, row in enumerate(rows):
        at = 0
        for d, piece in enumerate(row):
            end = at + len(piece)
            ids[r, at:end] = torch.tensor(piece)
            targets[r, at : end - 1] = ids[r, at + 1 : end]
            positions[r, at:end], documents[r, at:end] = torch.arange(len(piece)), d
            at = end
    mask = (documents[:, :, None] == documents[:, None, :]) & torch.ones(T, T, dtype=torch.bool).tril()
    return ids, positions, mask[:, None], targets


def batches():
    """Without end: the number of useful tokens, and what the trainer takes."""
    order = random.Random(1)
    while True:
        if args.mode == "packed":
            for at in range(0, len(data["rows"]) - args.rows + 1, args.rows):
                rows = [data["pieces"][a:b] for a, b in data["rows"][at : at + args.rows]]
                yield sum(len(piece) for row in rows for piece in row), packed(rows)
            continue
        pieces = order.sample(data["pieces"], len(data["pieces"]))
        if args.mode == "sorted":
            chunk = 50 * area * len(pieces) // sum(map(len, pieces))
            chunks = [sorted(pieces[at : at + chunk], key=len) for at in range(0, len(pieces), chunk)]
            ready = [group for part in chunks for group in groups(part, None)]
            order.shuffle(ready)
        else:
            ready = groups(pieces, T if args.mode == "row" else None)
        for group in ready:
            yield sum(map(len, group)), padded(group, T if args.mode == "row" else None)


trainer = Trainer(GPT(data["vocabSize"], T))
source = batches()
for _, batch in itertools.islice(source, 2):
    trainer.step(*batch)
tokens = taken = steps = 0
cpu, start = time.process_time(), time.perf_counter()
while (seconds := time.perf_counter() - start) < args.seconds:
    count, batch = next(source)
    trainer.step(*batch)
    tokens, taken, steps = tokens + count, taken + batch[0].numel(), steps + 1
print(json.dumps({"tokens": tokens, "area": taken, "steps": steps, "seconds": round(seconds, 3),
                  "cpuSeconds": round(time.process_time() - cpu, 3)}))
