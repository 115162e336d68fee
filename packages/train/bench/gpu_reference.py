# The step of bench/gpu-step.js in PyTorch: GPT-2 124M, bfloat16 autocast, built-in attention (flash),
# fused AdamW, the same batch; eager, or compiled with --compile.
#   python packages/train/bench/gpu_reference.py [--compile] [--rows 32] [--length 1024] [--steps 20]
import argparse
import json
import statistics
import time

import torch
import torch.nn.functional as F
from torch import nn

parser = argparse.ArgumentParser()
parser.add_argument("--compile", action="store_true")
parser.add_argument("--device", default="cuda:0")
parser.add_argument("--rows", type=int, default=32)
parser.add_argument("--length", type=int, default=1024)
parser.add_argument("--steps", type=int, default=20)
parser.add_argument("--warmup", type=int, default=5)
parser.add_argument("--layers", type=int, default=12)
args = parser.parse_args()
torch.manual_seed(1)
torch.set_float32_matmul_precision("high")
V, D, H, L, T = 50257, 768, 12, args.layers, args.length
device = torch.device(args.device)


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(D), nn.LayerNorm(D)
        self.qkv, self.out = nn.Linear(D, 3 * D), nn.Linear(D, D)
        self.up, self.down = nn.Linear(D, 4 * D), nn.Linear(4 * D, D)

    def forward(self, x):
        b, t, _ = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(b, t, 3, H, D // H).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
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

    def forward(self, ids, targets):
        x = self.token(ids) + self.position(torch.arange(ids.shape[1], device=ids.device))
        for block in self.blocks:
            x = block(x)
        logits = F.linear(self.norm(x), self.token.weight)
        return F.cross_entropy(logits.view(-1, V).float(), targets.view(-1), ignore_index=-1)


ids = [[(i * 7919 + r * 104729 + 13) % V for i in range(T)] for r in range(args.rows)]
ids = torch.tensor(ids, device=device)
targets = ids.roll(-1, 1)
targets[:, -1] = -1
model = GPT().to(device)
groups = [
    {"params": [p for p in model.parameters() if p.dim() > 1], "weight_decay": 0.1},
    {"params": [p for p in model.parameters() if p.dim() <= 1], "weight_decay": 0.0},
]
optimizer = torch.optim.AdamW(groups, lr=6e-4, betas=(0.9, 0.95), fused=True)
run = torch.compile(model) if args.compile else model


def step():
    optimizer.zero_grad(set_to_none=True)
    with torch.autocast(device.type, torch.bfloat16):
        loss = run(ids, targets)
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    return loss.item()


losses, times = [], []
for _ in range(args.warmup + args.steps):
    start = time.perf_counter()
    losses.append(step())
    if device.type == "cuda":
        torch.cuda.synchronize()
    times.append(time.perf_counter() - start)
speed = args.rows * T / statistics.median(times[-args.steps:])
print(json.dumps({
    "what": f"torch {torch.__version__} {'compile' if args.compile else 'eager'}, bfloat16 autocast",
    "tokensPerSecond": round(speed),
    "firstLoss": round(losses[0], 5),
    "lastLoss": round(losses[-1], 5),
}))
