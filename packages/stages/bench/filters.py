# The datatrove side of filters.mjs: python filters.py DOCUMENTS.jsonl en|zh, prints one JSON line.
import json
import sys
import time

import orjson
from datatrove.data import Document
from datatrove.pipeline.filters import (
    C4QualityFilter,
    FineWebQualityFilter,
    GopherQualityFilter,
    GopherRepetitionFilter,
)
from datatrove.utils.text import split_into_words

path, language = sys.argv[1:3]
if language == "en":
    filters = [
        GopherRepetitionFilter(),
        GopherQualityFilter(),
        C4QualityFilter(filter_no_terminal_punct=False),
        FineWebQualityFilter(),
    ]
    split_into_words("warm up")
else:
    filters = [
        GopherRepetitionFilter(language="zho_Hani"),
        GopherQualityFilter(
            language="zho_Hani",
            min_avg_word_length=1,
            max_avg_word_length=5,
            max_non_alpha_words_ratio=0.735,
            stop_words=list("的年在月是和日了於于為为有被人中他與也而由"),
        ),
        FineWebQualityFilter(language="zho_Hani"),
    ]
    split_into_words("预热词典", "zho_Hani")

with open(path, "rb") as file:
    lines = file.read().splitlines()
answers = []
start = time.process_time()
for line in lines:
    row = orjson.loads(line)
    doc = Document(text=row["text"], id=row["id"])
    reason = "kept"
    for judge in filters:
        answer = judge.filter(doc)
        if answer is not True:
            reason = answer[1]
            break
    answers.append(reason)
seconds = time.process_time() - start
print(json.dumps({"documents": len(lines), "seconds": seconds, "answers": answers}))
