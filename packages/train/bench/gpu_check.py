# The check of the torch provider on a machine with a GPU: builds the addon over this Python's torch,
# tests parity in every mode, then tokens a second of GPT-2 124M in bfloat16 beside PyTorch eager and
# compiled, in turn on the same card. One line, about five minutes:
#   python packages/train/bench/gpu_check.py [--rows 32] [--rounds 2]
# The machine needs g++ (C++20) and a torch with CUDA. Without Node and a registry, carry the archive that
# bench/gpu-kit.js writes, unpack it, and run this file inside: it uses the `node` that lies in its root.
import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys

parser = argparse.ArgumentParser()
parser.add_argument("--device", default="cuda:0")
parser.add_argument("--rows", default="32")
parser.add_argument("--length", default="1024")
parser.add_argument("--steps", default="20")
parser.add_argument("--rounds", type=int, default=2)
parser.add_argument("--no-build", action="store_true")
parser.add_argument("--no-compile", action="store_true", help="leave torch.compile out")
args = parser.parse_args()
here = pathlib.Path(__file__).resolve().parent
carried = here.parents[2] / "node"
node = str(carried) if carried.exists() else shutil.which("node")
if node is None:
    sys.exit("no Node here: carry the archive of bench/gpu-kit.js")
environment = {**os.environ, "SHARDMILL_PYTHON": sys.executable}


def run(command, check=True):
    print("+", " ".join(map(str, command)), flush=True)
    return subprocess.run(list(map(str, command)), env=environment, check=check, text=True,
                          stdout=subprocess.PIPE).stdout


if shutil.which("nvidia-smi"):
    subprocess.run(["nvidia-smi", "--query-gpu=name,driver_version,memory.total", "--format=csv"], check=False)
if not args.no_build:
    build = (here.parent / "dist/backend/torch/build.js").as_uri()
    script = f"const {{ buildTorch }} = await import('{build}'); console.log(JSON.stringify(await buildTorch()))"
    print(run([node, "--input-type=module", "-e", script]))
print(run([node, here / "gpu-step.js", "--parity", "--device", args.device], check=False), flush=True)

common = ["--device", args.device, "--rows", args.rows, "--length", args.length, "--steps", args.steps]
commands = {
    "ours": [node, here / "gpu-step.js", *common],
    "eager": [sys.executable, here / "gpu_reference.py", *common],
}
if not args.no_compile:
    commands["compile"] = [sys.executable, here / "gpu_reference.py", "--compile", *common]
speeds = {name: [] for name in commands}
for _ in range(args.rounds):
    for name, command in commands.items():
        line = run(command, check=False).strip().splitlines()
        print(line[-1] if line else f"{name}: failed", flush=True)
        if line:
            speeds[name].append(json.loads(line[-1])["tokensPerSecond"])
medians = {name: statistics.median(values) for name, values in speeds.items() if values}
for name in list(medians)[1:]:
    if "ours" in medians:
        print(f"ours / {name} = {medians['ours'] / medians[name]:.2f}")
