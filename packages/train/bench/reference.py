# The reference step of bench/reference.js in plain PyTorch (eager, fp32, CPU): the same GPT, the same
# packed rows, once with a block-diagonal mask on packed rows and the built-in attention.
#   python packages/train/bench/reference.py [--threads N] [--rows N] [--steps N]
import argparse
import json
import statistics
import time

import torch

from gpt import GPT, Trainer

parser = argparse.ArgumentParser()
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--rows", type=int, default=4)
parser.add_argument("--steps", type=int, default=10)
parser.add_argument("--warmup", type=int, default=3)
args = parser.parse_args()
torch.set_num_threads(args.threads)
torch.manual_seed(1)

T, V = 256, 8192
LENGTHS = [100, 100, 56]


ids = torch.tensor([[(i * 7919 + r * 104729 + 13) % V for i in range(T)] for r in range(args.rows)])
positions = torch.cat([torch.arange(n) for n in LENGTHS]).expand(args.rows, T)
doc = torch.repeat_interleave(torch.arange(len(LENGTHS)), torch.tensor(LENGTHS))
mask = (doc[:, None] == doc[None, :]) & torch.ones(T, T, dtype=torch.bool).tril()
mask = mask.expand(args.rows, 1, T, T)
targets = ids.roll(-1, 1).clone()
for end in torch.tensor(LENGTHS).cumsum(0):
    targets[:, end - 1] = -1

model = GPT(V, T)
trainer = Trainer(model)


def step():
    return trainer.step(ids, positions, mask, targets)


for _ in range(args.warmup):
    loss = step()
times, cpu = [], time.process_time()
for _ in range(args.steps):
    start = time.perf_counter()
    loss = step()
    times.append(time.perf_counter() - start)
cpu = time.process_time() - cpu
tokens = args.rows * T
print(json.dumps({
    "backend": f"torch {torch.__version__}",
    "threads": args.threads,
    "tokensPerStep": tokens,
    "tokensPerSecond": round(tokens / statistics.median(times)),
    "bestTokensPerSecond": round(tokens / min(times)),
    "cpuSecondsPerStep": round(cpu / args.steps, 3),
    "loss": round(loss, 6),
    "parameters": sum(p.numel() for p in model.parameters()),
}))
