# Our checkpoints in transformers and theirs in ours: the same logits to 1e-4, for all four families, and BERT with
# sentence pairs.
#   python packages/train/bench/transformers_parity.py
import pathlib
import subprocess
import tempfile

import numpy as np
import torch
import transformers as t

here = pathlib.Path(__file__).parent
V = 211
theirs = {
    "gpt2": (t.GPT2LMHeadModel, t.GPT2Config(vocab_size=V, n_positions=64, n_embd=48, n_layer=3, n_head=4)),
    "llama": (t.LlamaForCausalLM, t.LlamaConfig(
        vocab_size=V, hidden_size=48, num_hidden_layers=3, num_attention_heads=4,
        num_key_value_heads=2, intermediate_size=96, max_position_embeddings=64, rms_norm_eps=1e-5)),
    "bert": (t.BertForMaskedLM, t.BertConfig(
        vocab_size=V, hidden_size=48, num_hidden_layers=3, num_attention_heads=4,
        intermediate_size=96, max_position_embeddings=64)),
    "roberta": (t.RobertaForMaskedLM, t.RobertaConfig(
        vocab_size=V, hidden_size=48, num_hidden_layers=3, num_attention_heads=4,
        intermediate_size=96, max_position_embeddings=66, type_vocab_size=1)),
}
ids = torch.tensor([[5 + (i * 37) % (V - 5) for i in range(40)]])


def ours(folder, *options):
    out = pathlib.Path(folder) / "logits.f32"
    subprocess.run(["node", here / "logits.js", folder, out, *options], check=True)
    return np.fromfile(out, dtype=np.float32).reshape(40, V)


def logits(model):
    with torch.no_grad():
        return logits_of(model.eval()(ids))[0].numpy()


worst = 0.0
theirs["bert-pairs"] = (t.BertForPreTraining, theirs["bert"][1])


def logits_of(output):
    return output.prediction_logits if hasattr(output, "prediction_logits") else output.logits


for family, (model_class, config) in theirs.items():
    torch.manual_seed(1)
    with tempfile.TemporaryDirectory() as folder:
        mine = ours(folder, "--make", family)
        loaded = model_class.from_pretrained(folder)
        forth = float(np.abs(logits(loaded) - mine).max())
    with tempfile.TemporaryDirectory() as folder:
        model = model_class(config)
        for p in model.parameters():
            torch.nn.init.normal_(p, std=0.2)
        model.save_pretrained(folder)
        back = float(np.abs(ours(folder) - logits(model)).max())
    worst = max(worst, forth, back)
    print(f"{family:8}  ours in transformers {forth:.1e}   theirs in ours {back:.1e}   (logits up to {abs(mine).max():.1f})")
print(f"transformers {t.__version__}, torch {torch.__version__}: worst {worst:.1e}, gate 1e-4")
raise SystemExit(worst > 1e-4)
