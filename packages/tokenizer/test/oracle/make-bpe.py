"""Trains HF tokenizers' BPE on random little corpora with random options and writes what came out.

    pip install tokenizers==0.23.2
    python packages/tokenizer/test/oracle/make-bpe.py 200 packages/tokenizer/test/oracle/bpe.jsonl

One case per line. `documents` are fed one by one (no line splitting). HF is not deterministic with
prefixes, suffixes, or ties at the edge of `limit_alphabet`, so none of those is drawn.
"""

import json
import random
import sys

from tokenizers import Regex, Tokenizer, models, pre_tokenizers, trainers

GPT2 = r"""'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"""
CL100K = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
ALPHABETS = ["ab", "abc", "aAbB'st", "abcdefg ", "中文字 a", "的一是不了在人有我他这", "éàü x", "🙂🙃a", "01 2\n", "xyz\r\n\t ."]


def split(pattern):
    return pre_tokenizers.Split(Regex(pattern), "isolated")


PRE = {
    "gpt2": ("byte", lambda: pre_tokenizers.ByteLevel(add_prefix_space=False)),
    "cl100k": ("byte", lambda: pre_tokenizers.Sequence([split(CL100K), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])),
    "whitespace": ("character", pre_tokenizers.Whitespace),
    "whitespace-split": ("character", pre_tokenizers.WhitespaceSplit),
    "bert": ("character", pre_tokenizers.BertPreTokenizer),
    "metaspace": ("character", pre_tokenizers.Metaspace),
}


def corpus(rng):
    alphabet = rng.choice(ALPHABETS)
    words = ["".join(rng.choice(alphabet) for _ in range(rng.randint(1, 9))) for _ in range(rng.randint(3, 40))]
    if rng.random() < 0.3:
        words += [rng.choice(alphabet) * rng.randint(2, 12) for _ in range(4)]
    documents = []
    for _ in range(rng.randint(1, 6)):
        chosen = [rng.choice(words) for _ in range(rng.randint(1, 30))]
        documents.append(rng.choice(["", " ", " ", "  "]).join(chosen))
    return documents


def case(seed):
    rng = random.Random(seed)
    documents = corpus(rng)
    name = rng.choice(list(PRE))
    unit, make = PRE[name]
    options = {
        "vocab_size": rng.choice([10, 30, 60, 120, 300, 400]),
        "min_frequency": rng.choice([0, 0, 1, 2, 3, 5]),
        "special_tokens": rng.choice([[], ["<s>"], ["<s>", "</s>", "<s>"], ["ab", "a"], ["aa", "abc", "的一", "中文"]]),
        "max_token_length": rng.choice([None, None, 1, 2, 3, 5, 8, 16]),
        "initial_alphabet": rng.choice([[], [], ["z", "a", "ß"], "bytes" if unit == "byte" else ["文"]]),
    }
    kept = options | ({"initial_alphabet": pre_tokenizers.ByteLevel.alphabet()} if options["initial_alphabet"] == "bytes" else {})
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = make()
    if rng.random() < 0.25 and options["initial_alphabet"] != "bytes":
        counts = {}
        for document in documents:
            for piece, _ in tokenizer.pre_tokenizer.pre_tokenize_str(document):
                for c in piece:
                    counts[c] = counts.get(c, 0) + 1
        for c in kept["initial_alphabet"]:
            counts[c] = float("inf")
        order = sorted(counts.values(), reverse=True)
        limit = rng.randint(1, len(order) + 1) if order else 1
        if limit >= len(order) or order[limit - 1] != order[limit]:
            kept["limit_alphabet"] = options["limit_alphabet"] = limit
    arguments = {k: v for k, v in kept.items() if v is not None}
    tokenizer.train_from_iterator(documents, trainers.BpeTrainer(show_progress=False, **arguments))
    model = json.loads(tokenizer.to_str())["model"]
    tokens = [t for t, _ in sorted(model["vocab"].items(), key=lambda pair: pair[1])]
    return {"seed": seed, "preTokenizer": name, "unit": unit, "options": options, "documents": documents, "tokens": tokens, "merges": model["merges"]}


count, path = int(sys.argv[1]), sys.argv[2]
with open(path, "w") as file:
    for seed in range(count):
        file.write(json.dumps(case(seed), ensure_ascii=False) + "\n")
