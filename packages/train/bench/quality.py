# Gate 6: the model of transformers from the same first weights over the same batches in the same
# order; its held-out loss against ours. One folder of quality.js for each seed:
#   node packages/train/bench/quality.js FILE.yaml OUT/1 --seed 1, … 2, … 3
#   python packages/train/bench/quality.py OUT/1 OUT/2 OUT/3 [--twin] [--float64]
# --twin trains theirs twice, the second time with first weights moved by one part in 10^7: the
# difference that rounding alone makes between two runs of one trainer. No trainer can be nearer to
# PyTorch than PyTorch is to itself. --float64 trains theirs in double precision too.
import argparse
import json
import math
import statistics

import torch
import torch.nn.functional as F
import transformers

parser = argparse.ArgumentParser()
parser.add_argument("folders", nargs="+")
parser.add_argument("--threads", type=int, default=1)
parser.add_argument("--twin", action="store_true")
parser.add_argument("--float64", action="store_true")
args = parser.parse_args()
torch.set_num_threads(args.threads)


def losses(model, rows):
    """Sum of the losses of rows, and how many there are; every row is padded to the longest."""
    width = max(len(row["ids"]) for row in rows)
    ids = torch.zeros(len(rows), width, dtype=torch.long)
    positions = torch.zeros_like(ids)
    targets = torch.full_like(ids, -100)
    # Padding is a document of its own, number -1.
    doc = torch.full_like(ids, -1)
    for i, row in enumerate(rows):
        lengths = torch.tensor(row["lengths"])
        n = len(row["ids"])
        ids[i, :n] = torch.tensor(row["ids"])
        positions[i, :n] = torch.cat([torch.arange(length) for length in lengths])
        doc[i, :n] = torch.repeat_interleave(torch.arange(len(lengths)), lengths)
        targets[i, : n - 1] = ids[i, 1:n]
        targets[i, lengths.cumsum(0) - 1] = -100
    seen = (doc[:, :, None] == doc[:, None, :]).tril()
    mask = torch.zeros(seen.shape, dtype=model.dtype).masked_fill(~seen, torch.finfo(model.dtype).min)
    logits = model(ids, position_ids=positions, attention_mask=mask[:, None]).logits
    flat = F.cross_entropy(logits.view(-1, logits.shape[-1]), targets.view(-1), reduction="sum")
    return flat, int((targets >= 0).sum())


def train(folder, data, dtype=torch.float32, noise=0.0):
    """Held-out loss after training; the steps' losses on the way."""
    model = transformers.AutoModelForCausalLM.from_pretrained(f"{folder}/init").to(dtype)
    if noise:
        torch.manual_seed(1)
        with torch.no_grad():
            for p in model.parameters():
                p.mul_(1 + noise * torch.randn_like(p))
    o = data["optimizer"]
    decay = [p for p in model.parameters() if p.dim() > 1]
    rest = [p for p in model.parameters() if p.dim() <= 1]
    optimizer = torch.optim.AdamW(
        [{"params": decay, "weight_decay": o["weightDecay"]}, {"params": rest, "weight_decay": 0}],
        betas=(o["beta1"], o["beta2"]), eps=o["epsilon"])
    model.train()
    steps = []
    for rows, rate in zip(data["batches"], data["rates"]):
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.zero_grad()
        total, count = losses(model, rows)
        (total / count).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), o["clipNorm"])
        optimizer.step()
        steps.append(total.item() / count)
    model.eval()
    total = count = 0
    with torch.no_grad():
        for i in range(0, len(data["heldOut"]), 8):
            loss, n = losses(model, data["heldOut"][i : i + 8])
            total, count = total + loss.item(), count + n
    return total / count, steps


def first_apart(a, b, limit=1e-4):
    return next((i for i, (x, y) in enumerate(zip(a, b)) if abs(x - y) > limit * y), None)


# Two-sided 95 % quantiles of Student's t for 1 to 9 degrees of freedom.
T = [12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26]


def summary(name, gaps):
    mean = statistics.mean(gaps)
    text = f"{name}: mean {100 * mean:+.3f} %, largest {100 * max(map(abs, gaps)):.3f} %"
    if len(gaps) > 1:
        half = T[len(gaps) - 2] * statistics.stdev(gaps) / math.sqrt(len(gaps))
        text += f", 95 % interval of the mean {100 * (mean - half):+.3f} to {100 * (mean + half):+.3f} %"
    print(text)
    return mean


ours, twins, doubles = [], [], []
for folder in args.folders:
    data = json.load(open(f"{folder}/data.json"))
    theirs, steps = train(folder, data)
    ours.append((data["loss"] - theirs) / theirs)
    line = f"{folder}: ours {data['loss']:.5f}, transformers {theirs:.5f} ({100 * ours[-1]:+.3f} %"
    line += f", first step 0.01 % apart: {first_apart(data['stepLosses'], steps)})"
    if args.twin:
        other, path = train(folder, data, noise=1e-7)
        twins.append((other - theirs) / theirs)
        line += f"; its twin {other:.5f} ({100 * twins[-1]:+.3f} %, step {first_apart(path, steps)})"
    if args.float64:
        other, path = train(folder, data, dtype=torch.float64)
        doubles.append((data["loss"] - other) / other)
        line += f"; in float64 {other:.5f} (ours {100 * doubles[-1]:+.3f} %, step {first_apart(path, steps)})"
    print(line, flush=True)
mean = summary("ours against transformers", ours)
if twins:
    summary("transformers against its twin", twins)
if doubles:
    summary("ours against float64", doubles)
print(f"largest gradient norm of the last run {max(data['gradientNorms']):.1f}; gate: every run within 1 %")
raise SystemExit(max(map(abs, ours)) > 0.01)
