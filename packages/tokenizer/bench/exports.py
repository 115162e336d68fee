# Opens exported token files with the libraries that will read them, and compares every token.
#
#   node bench/exports.mjs OUT        (writes OUT/<format>/ and OUT/expected.json)
#   python bench/exports.py OUT
#
# pip install numpy torch datasets mosaicml-streaming litdata datatrove megatron-core (no deps for the last two)
import json
import os
import sys

import numpy as np

out = sys.argv[1]
with open(os.path.join(out, 'expected.json')) as f:
    expected = json.load(f)
total = [token for sequence in expected for token in sequence]


def check(name, found):
    assert len(found) == len(expected), (name, len(found), len(expected))
    for i, (a, b) in enumerate(zip(found, expected)):
        assert list(map(int, a)) == b, (name, i)
    print(f'{name}: {len(found)} sequences, {len(total)} tokens equal')


def megatron():
    from megatron.core.datasets.indexed_dataset import IndexedDataset
    dataset = IndexedDataset(os.path.join(out, 'megatron', 'out'))
    assert len(dataset.document_indices) == len(expected) + 1
    check('megatron-core IndexedDataset', [dataset[i] for i in range(len(dataset))])


def nanotron():
    from datatrove.utils.dataset import DatatroveFileDataset
    path = os.path.join(out, 'nanotron', 'out.ds')
    length = 63
    dataset = DatatroveFileDataset(path, length, token_size=2)
    found = [token for i in range(len(dataset)) for token in dataset[i]['input_ids'].tolist()]
    assert found == total[:len(found)] and len(found) >= len(total) - length - 1
    ends = np.fromfile(path + '.index', np.uint64)
    assert ends.tolist() == np.cumsum([len(s) for s in expected]).tolist()
    print(f'datatrove DatatroveFileDataset: {len(found)} tokens and {len(ends)} document ends equal')


def mds():
    from streaming import StreamingDataset
    dataset = StreamingDataset(local=os.path.join(out, 'mds', 'out'), shuffle=False, batch_size=1)
    check('mosaicml-streaming StreamingDataset', [dataset[i]['input_ids'] for i in range(len(dataset))])


def litdata():
    import litdata
    block = 64
    dataset = litdata.StreamingDataset(os.path.join(out, 'litdata', 'out'),
                                       item_loader=litdata.TokensLoader(block_size=block), drop_last=False)
    found = [token for i in range(len(dataset)) for token in dataset[i].tolist()]
    assert found == total[:len(found)] and len(found) > len(total) - block
    print(f'litdata TokensLoader: {len(found)} tokens equal')


def huggingface():
    import datasets
    dataset = datasets.load_from_disk(os.path.join(out, 'huggingface', 'out'))
    check('datasets load_from_disk', dataset['input_ids'])
    again = datasets.Dataset.from_file(os.path.join(out, 'huggingface', 'out', 'data-00000-of-00001.arrow'))
    check('datasets Dataset.from_file', again['input_ids'])


failed = 0
for reader in [megatron, nanotron, mds, litdata, huggingface]:
    try:
        reader()
    except Exception as error:  # one reader's absence must not hide the others
        failed += 1
        print(f'{reader.__name__}: FAILED: {type(error).__name__}: {error}')
sys.exit(1 if failed else 0)
