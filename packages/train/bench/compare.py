# Gate 4: the reference step on our WebAssembly provider, on PyTorch CPU eager and on stock tfjs
# WebAssembly, in alternation, so that whatever else the machine does hits all of them.
#   python packages/train/bench/compare.py [--threads N] [--rounds N] [--stock] [--addon] [--no-wasm]
import argparse
import json
import pathlib
import statistics
import subprocess
import sys

parser = argparse.ArgumentParser()
parser.add_argument("--threads", default="2")
parser.add_argument("--rounds", type=int, default=3)
parser.add_argument("--steps", default="8")
parser.add_argument("--stock", action="store_true", help="also stock tfjs WebAssembly")
parser.add_argument("--addon", action="store_true", help="also our torch provider")
parser.add_argument("--no-wasm", action="store_true", help="leave our WebAssembly provider out")
args = parser.parse_args()
here = pathlib.Path(__file__).parent
common = ["--threads", args.threads, "--steps", args.steps]
commands = {
    "torch": [sys.executable, here / "reference.py", *common],
    "wasm": ["node", here / "reference.js", *common],
}
if args.addon:
    commands["addon"] = ["node", here / "reference.js", "--backend", "torch", *common]
if args.no_wasm:
    del commands["wasm"]
results = {name: [] for name in commands}
for _ in range(args.rounds):
    for name, command in commands.items():
        line = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        print(json.dumps(line), flush=True)
        results[name].append(line)


def middle(name, key):
    return statistics.median(line[key] for line in results[name])


gates = {"wasm": 0.35, "addon": 0.9}
for name in list(commands)[1:]:
    for key in ("tokensPerSecond", "bestTokensPerSecond"):
        print(f"{key}: {name} / torch = {middle(name, key) / middle('torch', key):.2f}")
    cpu = middle("torch", "cpuSecondsPerStep") / middle(name, "cpuSecondsPerStep")
    print(f"tokens per CPU second: {name} / torch = {cpu:.2f}   (gate {gates[name]})")
if args.stock:
    command = ["node", here / "reference.js", "--backend", "tfjs-wasm", "--rows", "1", "--steps", "1", "--warmup", "1"]
    line = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    print(json.dumps(line))
    per_token = line["cpuSecondsPerStep"] / line["tokensPerStep"]
    ours = middle("wasm", "cpuSecondsPerStep") / results["wasm"][0]["tokensPerStep"]
    print(f"tokens per CPU second: wasm / stock tfjs wasm = {per_token / ours:.0f}   (gate 15)")
