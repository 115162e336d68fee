# Runs trafilatura over a development set and writes one row per page with its CPU time.
#   python extract-trafilatura.py ROWS.jsonl OUT.jsonl [standard|fast]
import json
import sys
import time

import trafilatura

source, target, mode = sys.argv[1], sys.argv[2], (sys.argv[3:] or ["standard"])[0]
with open(source, encoding="utf-8") as rows, open(target, "w", encoding="utf-8") as out:
    for line in rows:
        row = json.loads(line)
        start = time.process_time()
        try:
            text = trafilatura.extract(row["html"], fast=mode == "fast", include_comments=row.get("type") == "forum") or ""
        except Exception as error:  # a crash counts as an empty page
            text, row["error"] = "", repr(error)
        ms = (time.process_time() - start) * 1000
        out.write(json.dumps({"id": row["id"], "text": text, "ms": ms, "chars": len(row["html"]), "error": row.get("error")}, ensure_ascii=False) + "\n")
