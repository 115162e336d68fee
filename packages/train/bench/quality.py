# Gate 6: the model of transformers from the same first weights over the same batches in the same
# order; its held-out loss against ours.
#   node packages/train/bench/quality.js FILE.yaml OUT && python packages/train/bench/quality.py OUT
import json
import sys

import torch
import torch.nn.functional as F
import transformers

torch.set_num_threads(2)
out = sys.argv[1]
data = json.load(open(f"{out}/data.json"))
model = transformers.AutoModelForCausalLM.from_pretrained(f"{out}/init")
o = data["optimizer"]
decay = [p for p in model.parameters() if p.dim() > 1]
rest = [p for p in model.parameters() if p.dim() <= 1]
optimizer = torch.optim.AdamW(
    [{"params": decay, "weight_decay": o["weightDecay"]}, {"params": rest, "weight_decay": 0}],
    betas=(o["beta1"], o["beta2"]), eps=o["epsilon"])


def losses(rows):
    ids = torch.tensor([i for row in rows for i in row["ids"]])
    lengths = [n for row in rows for n in row["lengths"]]
    positions = torch.cat([torch.arange(n) for n in lengths])
    doc = torch.repeat_interleave(torch.arange(len(lengths)), torch.tensor(lengths))
    seen = (doc[:, None] == doc[None, :]).tril()
    mask = torch.zeros(seen.shape).masked_fill(~seen, torch.finfo(torch.float32).min)
    logits = model(ids[None], position_ids=positions[None], attention_mask=mask[None, None]).logits[0]
    targets = ids.roll(-1)
    targets[torch.tensor(lengths).cumsum(0) - 1] = -100
    return F.cross_entropy(logits, targets, reduction="sum"), int((targets >= 0).sum())


model.train()
for step, (rows, rate) in enumerate(zip(data["batches"], data["rates"])):
    for group in optimizer.param_groups:
        group["lr"] = rate
    optimizer.zero_grad()
    total, count = losses(rows)
    (total / count).backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), o["clipNorm"])
    optimizer.step()
    if step < 10 or step % 10 == 0:
        print(step, f"ours {data['stepLosses'][step]:.5f}, theirs {total.item() / count:.5f}", flush=True)
model.eval()
total = count = 0
with torch.no_grad():
    for row in data["heldOut"]:
        loss, n = losses([row])
        total, count = total + loss.item(), count + n
theirs = total / count
gap = abs(data["loss"] - theirs) / theirs
print(f"held out: ours {data['loss']:.5f}, transformers {theirs:.5f}, {100 * gap:.3f} % apart (gate 1 %)")
raise SystemExit(gap > 0.01)
