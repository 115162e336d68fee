# Expected signatures by datatrove's own code: `python make.py > expected.json`.
# Written with datatrove 0.10.1, numpy 2.4.6, xxhash 3.8.2, jieba 0.42.1. Texts are ours.
import hashlib
import json
import random
import tempfile

import jieba
import numpy as np

from datatrove.pipeline.dedup.minhash import MinhashDedupSignature
from datatrove.utils.text import ngrams, simplify_text

words = "river stone morning light old house water garden winter road".split()
random.seed(7)
texts = {
    "plain English": " ".join(random.choice(words) for _ in range(300)),
    "numbers, marks and accents": "Café №7 sold 1,234.50 items — “naïve” Señor paid ٣٫٥ and 12.3.4!\n"
    "Über\tdie Straße: 100% (ok) a_b @home; x\u00a0y\u2003z \u0085 end\u200b.",
    "Chinese": "清晨的河边有一座老房子，院子里的水井已经干了。孩子们沿着石头小路跑向学校，"
    "１２号门前的灯还亮着；冬天来了，老人把2024年的报纸折好，放进木箱。",
    "too short": "only four tokens here",
    "empty": "",
    "odd": "हिन्दी में किताब 🙂🙂 ｆｕｌｌ　ｗｉｄｔｈ İstanbul ΑΣ ﬁne",
}

stage = MinhashDedupSignature.__new__(MinhashDedupSignature)
MinhashDedupSignature.__init__(stage, tempfile.mkdtemp())
rows = []
for name, text in texts.items():
    simplified = simplify_text(text)
    tokens = [t for t in jieba.lcut(simplified) if t.strip()] if name == "Chinese" else simplified.split()
    hashes = [stage._hash_func(" ".join(gram)) for gram in ngrams(tokens, 5)]
    row = {"name": name, "text": text, "simplified": simplified, "tokens": tokens}
    if hashes:
        shingles = np.fromiter(hashes, dtype=np.uint64).reshape((-1, 1))
        signature = np.array(stage.get_signature(shingles), dtype="<u8").ravel()
        row["firstHash"] = str(hashes[0])
        row["signature"] = hashlib.sha256(signature.tobytes()).hexdigest()[:16]
    rows.append(row)
print(json.dumps(rows, ensure_ascii=True, indent=1))
