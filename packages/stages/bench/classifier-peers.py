# The peers of classifier-quality.mjs on its split files: scikit-learn's TF-IDF and logistic regression
# with four analyzers, and fastText's supervised model (needs scikit-learn, jieba, fasttext-wheel).
#   PYTHON packages/stages/bench/classifier-peers.py SPLITS_FOLDER NAME...
# Chinese sets (blogs, tnews) are segmented by jieba. AUC of several labels: mean of one against the rest.
import json
import re
import sys
import tempfile
import time

import fasttext
import jieba
import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, roc_auc_score

jieba.setLogLevel(60)
folder, names = sys.argv[1], sys.argv[2:]
segmented = {}


def read(path):
    with open(path) as lines:
        return [json.loads(line) for line in lines]


def words_and_marks(text):
    if text not in segmented:
        segmented[text] = jieba.lcut(text)
    return segmented[text]


def words(text):
    return [word for word in words_and_marks(text) if any(char.isalnum() for char in word)]


def analyzers(is_chinese):
    pairs = dict(ngram_range=(1, 2), sublinear_tf=True)
    if is_chinese:
        split = dict(tokenizer=words, token_pattern=None)
        return {
            "words+marks": dict(analyzer=words_and_marks),
            "words": dict(analyzer=words),
            "words 1-2 log": dict(**split, **pairs),
            "characters 1-3 log": dict(analyzer="char", ngram_range=(1, 3), sublinear_tf=True),
        }
    return {
        "words": dict(),
        "words 1-2": dict(ngram_range=(1, 2)),
        "words 1-2 log": pairs,
        "characters 2-5 log": dict(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True),
    }


def report(name, peer, truth, probabilities, classes, started):
    if len(classes) == 2:
        auc = roc_auc_score(truth == classes[1], probabilities[:, 1])
    else:
        auc = roc_auc_score(truth, probabilities, multi_class="ovr", average="macro", labels=classes)
    accuracy = accuracy_score(truth, np.array(classes)[probabilities.argmax(axis=1)])
    seconds = time.process_time() - started
    print(f"{name:18} {peer:28} AUC {auc:.4f}  accuracy {accuracy:.4f}  {seconds:.1f} s", flush=True)


def fasttext_line(text, is_chinese):
    tokens = words_and_marks(text) if is_chinese else re.findall(r"\w+|[^\w\s]", text.lower())
    return " ".join(token for token in tokens if token.strip() != "").replace("__label__", "")


for name in names:
    train, test = read(f"{folder}/{name}.train.jsonl"), read(f"{folder}/{name}.test.jsonl")
    is_chinese = name.startswith(("blogs", "tnews"))
    texts, test_texts = [row["text"] for row in train], [row["text"] for row in test]
    truth = np.array([row["label"] for row in train])
    test_truth = np.array([row["label"] for row in test])
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as lines:
        started = time.process_time()
        for row in train:
            lines.write(f"__label__{row['label']} {fasttext_line(row['text'], is_chinese)}\n")
        lines.flush()
        model = fasttext.train_supervised(
            lines.name, wordNgrams=2, epoch=25, lr=0.5, dim=16, thread=1, seed=1, verbose=0
        )
        classes = sorted(set(truth))
        probabilities = np.zeros((len(test), len(classes)))
        for i, text in enumerate(test_texts):
            # The C++ predict: the Python wrapper of 0.9.2 breaks with NumPy 2.
            for probability, label in model.f.predict(fasttext_line(text, is_chinese), len(classes), 0.0, "strict"):
                probabilities[i, classes.index(label.removeprefix("__label__"))] = probability
        probabilities /= probabilities.sum(axis=1, keepdims=True)
        report(name, "fastText 1-2, 25 epochs", test_truth, probabilities, classes, started)
    for label, options in analyzers(is_chinese).items():
        started = time.process_time()
        vectorizer = TfidfVectorizer(**options)
        vectors = vectorizer.fit_transform(texts)
        model = LogisticRegression(max_iter=2000).fit(vectors, truth)
        probabilities = model.predict_proba(vectorizer.transform(test_texts))
        report(name, f"TF-IDF + LR, {label}", test_truth, probabilities, list(model.classes_), started)
