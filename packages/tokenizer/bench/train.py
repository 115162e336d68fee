"""The peers of bench/train.mjs: KIND FILE VOCAB OUT, or score OURS PEER HELD."""

import json
import os
import resource
import sys
import time
from collections import Counter


def usage():
    now = resource.getrusage(resource.RUSAGE_SELF)
    return now.ru_utime + now.ru_stime


def train_bpe(path, vocab_size, out):
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=["<|endoftext|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    before, started = usage(), time.time()
    tokenizer.train([path], trainer)
    result = usage() - before, time.time() - started
    tokenizer.save(out)
    return result


def train_unigram(path, vocab_size, out):
    import sentencepiece

    before, started = usage(), time.time()
    sentencepiece.SentencePieceTrainer.train(
        input=path,
        model_prefix=out,
        vocab_size=vocab_size,
        model_type="unigram",
        num_threads=1,
        max_sentence_length=10**9,
        minloglevel=2,
    )
    result = usage() - before, time.time() - started
    os.replace(out + ".model", out)
    return result


def best_score(pieces, word, unknown):
    best = [0.0] + [float("-inf")] * len(word)
    for start in range(len(word)):
        has_single = False
        for end in range(start + 1, min(len(word), start + 16) + 1):
            score = pieces.get(word[start:end])
            if score is not None:
                has_single |= end == start + 1
                best[end] = max(best[end], best[start] + score)
        if not has_single:
            best[start + 1] = max(best[start + 1], best[start] + unknown)
    return best[-1]


def score(ours, peer, held):
    import sentencepiece

    model = sentencepiece.SentencePieceProcessor(model_file=peer)
    theirs = {model.id_to_piece(i): model.get_score(i) for i in range(3, model.get_piece_size())}
    with open(ours, encoding="utf8") as file:
        mine = dict(json.load(file)["model"]["vocab"][3:])
    normalizer = sentencepiece.SentencePieceNormalizer(rule_name="nmt_nfkc")
    words = Counter()
    with open(held, encoding="utf8", newline="\n") as file:
        for line in file:
            text = " ".join(normalizer.normalize(line.rstrip("\n")).split())
            words.update("▁" + word for word in text.split(" ") if word)
    totals = []
    for pieces in (mine, theirs):
        unknown = min(pieces.values()) - 10
        totals.append(sum(count * best_score(pieces, word, unknown) for word, count in words.items()))
    return {"ours": totals[0], "peer": totals[1]}


kind, *arguments = sys.argv[1:]
if kind == "score":
    print(json.dumps(score(*arguments)))
else:
    path, vocab_size, out = arguments
    train = train_bpe if kind == "bpe" else train_unigram
    cpu, seconds = train(path, int(vocab_size), out)
    # Not ru_maxrss: a child starts with the peak of the process that started it.
    with open("/proc/self/status") as status:
        peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024
    print(json.dumps({"cpu": cpu, "seconds": seconds, "megabytes": peak}))
