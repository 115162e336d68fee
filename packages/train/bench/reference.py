# The reference step of bench/reference.js in plain PyTorch (eager, fp32, CPU): the same GPT, the same
# packed rows, once with a block-diagonal mask on packed rows and the built-in attention.
#   python packages/train/bench/reference.py [--threads N] [--rows N] [--steps N]
import argparse
import json
import statistics
import time

import torch
import torch.nn.functional as F
from torch import nn

parser = argparse.ArgumentParser()
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--rows", type=int, default=4)
parser.add_argument("--steps", type=int, default=10)
parser.add_argument("--warmup", type=int, default=3)
args = parser.parse_args()
torch.set_num_threads(args.threads)
torch.manual_seed(1)

T, V, D, H, L = 256, 8192, 256, 4, 4
LENGTHS = [100, 100, 56]


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(D), nn.LayerNorm(D)
        self.qkv, self.out = nn.Linear(D, 3 * D), nn.Linear(D, D)
        self.up, self.down = nn.Linear(D, 4 * D), nn.Linear(4 * D, D)

    def forward(self, x, mask):
        b, t, _ = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(b, t, 3, H, D // H).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        x = x + self.out(y.transpose(1, 2).reshape(b, t, D))
        return x + self.down(F.gelu(self.up(self.norm2(x)), approximate="tanh"))


class GPT(nn.Module):
    def __init__(self):
        super().__init__()
        self.token, self.position = nn.Embedding(V, D), nn.Embedding(T, D)
        self.blocks = nn.ModuleList(Block() for _ in range(L))
        self.norm = nn.LayerNorm(D)
        for p in self.parameters():
            if p.dim() > 1:
                nn.init.normal_(p, std=0.02)

    def forward(self, ids, positions, mask, targets):
        x = self.token(ids) + self.position(positions)
        for block in self.blocks:
            x = block(x, mask)
        logits = F.linear(self.norm(x), self.token.weight)
        return F.cross_entropy(logits.view(-1, V), targets.view(-1), ignore_index=-1)


ids = torch.tensor([[(i * 7919 + r * 104729 + 13) % V for i in range(T)] for r in range(args.rows)])
positions = torch.cat([torch.arange(n) for n in LENGTHS]).expand(args.rows, T)
doc = torch.repeat_interleave(torch.arange(len(LENGTHS)), torch.tensor(LENGTHS))
mask = (doc[:, None] == doc[None, :]) & torch.ones(T, T, dtype=torch.bool).tril()
mask = mask.expand(args.rows, 1, T, T)
targets = ids.roll(-1, 1).clone()
for end in torch.tensor(LENGTHS).cumsum(0):
    targets[:, end - 1] = -1

model = GPT()
decay = [p for p in model.parameters() if p.dim() > 1]
rest = [p for p in model.parameters() if p.dim() <= 1]
optimizer = torch.optim.AdamW(
    [{"params": decay, "weight_decay": 0.1}, {"params": rest, "weight_decay": 0}],
    lr=1e-3, betas=(0.9, 0.95),
)


def step():
    optimizer.zero_grad(set_to_none=True)
    loss = model(ids, positions, mask, targets)
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    return loss.item()


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
