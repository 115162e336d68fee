# The datatrove side of minhash-signatures.mjs: python minhash-signatures.py DOCUMENTS.jsonl en|zh,
# prints one JSON line. Its own stage does the work, from text to the values of all bands.
import json
import sys
import time

import orjson
from datatrove.pipeline.dedup.minhash import MinhashConfig, MinhashDedupSignature

path, language = sys.argv[1:3]
code = "eng" if language == "en" else "zho_Hani"
stage = MinhashDedupSignature("/tmp", MinhashConfig(), language=code)
with open(path, "rb") as file:
    texts = [orjson.loads(line)["text"] for line in file.read().splitlines()]
# Loads the tokenizer and its dictionary.
stage.get_signature(stage.get_shingles(texts[0]))
start = time.process_time()
for text in texts:
    shingles = stage.get_shingles(text)
    if shingles.size != 0:
        stage.get_signature(shingles)
seconds = time.process_time() - start
print(json.dumps({"documents": len(texts), "seconds": seconds}))
