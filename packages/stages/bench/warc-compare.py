"""Reads archives with warcio, for warc-compare.mjs: one JSON line per file on standard output.

With --rounds N only times: CPU seconds and payload bytes of N readings of each file.
"""
import hashlib
import json
import logging
import sys
import time

from warcio.archiveiterator import ArchiveIterator

logging.disable(logging.CRITICAL)

TYPES = {"text/html", "application/xhtml+xml", "text/plain", "text/markdown"}


def is_page(record):
    """The pages that our reader takes: 2xx, of a text type."""
    if record.rec_type not in ("response", "resource", "conversion"):
        return False
    uri = record.rec_headers.get_header("WARC-Target-URI") or ""
    if uri.strip("<").lower().startswith(("metadata:", "dns:", "warcinfo:", "filedesc:")):
        return False  # a crawler's own logs
    headers = record.http_headers
    if headers is None:
        content_type = record.rec_headers.get_header("Content-Type") or ""
    else:
        status = headers.get_statuscode() or ""
        if not (len(status) == 3 and status.startswith("2")):
            return False
        content_type = headers.get_header("Content-Type") or ""
    return content_type.split(";")[0].strip().lower() in TYPES


def read(path):
    records, types, pages, error = 0, {}, [], None
    try:
        with open(path, "rb") as stream:
            for record in ArchiveIterator(stream):
                records += 1
                types[record.rec_type] = types.get(record.rec_type, 0) + 1
                if is_page(record):
                    content = record.content_stream().read()
                    name = (record.rec_headers.get_header("WARC-Record-ID") or "").strip("<>")
                    pages.append([name, len(content), hashlib.md5(content).hexdigest()])
    except BaseException as problem:  # pylint: disable=broad-except
        error = f"{type(problem).__name__}: {problem}"[:120]
    return {"records": records, "types": types, "pages": pages, "error": error}


def measure(paths, rounds):
    start, payload = time.process_time(), 0
    for _ in range(rounds):
        for path in paths:
            with open(path, "rb") as stream:
                for record in ArchiveIterator(stream):
                    if is_page(record):
                        payload += len(record.content_stream().read())
    return {"seconds": time.process_time() - start, "payload": payload}


if sys.argv[1] == "--rounds":
    print(json.dumps(measure(sys.argv[3:], int(sys.argv[2]))))
else:
    for name in sys.argv[1:]:
        print(json.dumps(read(name)), flush=True)
