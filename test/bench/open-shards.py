"""Opens shards with pyarrow and prints what it sees: python test/bench/open-shards.py shards/web"""

import pathlib
import sys

import pyarrow as pa
import pyarrow.ipc

for path in sorted(pathlib.Path(sys.argv[1]).rglob("*.arrow")):
    if ".state" in path.parts:
        continue
    table = pa.ipc.open_file(path).read_all()
    table.validate(full=True)
    size = sum(len(text.as_py() or "") for text in table.column("text")) if "text" in table.column_names else 0
    print(f"{path}: {table.num_rows} rows, {size} characters, {', '.join(table.column_names)}")
