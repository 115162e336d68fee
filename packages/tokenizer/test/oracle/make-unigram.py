"""Trains sentencepiece's Unigram on the articles in corpora/written and writes pieces and scores.

    pip install sentencepiece==0.2.2 && python packages/tokenizer/test/oracle/make-unigram.py
"""

import glob
import os
import sentencepiece

here = os.path.dirname(os.path.abspath(__file__))
written = os.path.join(here, "..", "..", "..", "..", "corpora", "written")
for lang, vocab_size in (("en", 1000), ("zh", 2000)):
    lines = []
    for path in sorted(glob.glob(os.path.join(written, lang, "*.md"))):
        with open(path, encoding="utf8", newline="\n") as file:
            lines += [line for line in file.read().split("\n") if line.strip()]
    prefix = os.path.join(here, f"unigram-{lang}")
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines),
        model_prefix=prefix,
        vocab_size=vocab_size,
        model_type="unigram",
        num_threads=1,
        max_sentence_length=100000,
        minloglevel=2,
    )
    os.remove(prefix + ".model")
