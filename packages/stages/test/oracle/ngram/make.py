"""Golden scores of KenLM for packages/stages/test/ngram/kenlm.test.ts.

    python make.py --lmplz PATH/lmplz     (python with `kenlm`)

Trains lmplz on the English articles of corpora/written (white space divides words, lines that are
empty are left out), orders 3 with and without pruning and 5, and scores lines of one article that was
left out. Made with KenLM 4cb443e60b7b and kenlm 0.3.0.
"""
import argparse, json, os, subprocess, sys, tempfile
import kenlm

here = os.path.dirname(os.path.abspath(__file__))
written = os.path.join(here, '..', '..', '..', '..', '..', 'corpora', 'written', 'en')
held_out = 'what-the-river-carries.md'
models = {'order3': ['-o', '3'], 'order3-pruned': ['-o', '3', '--prune', '0', '0', '1'], 'order5': ['-o', '5']}


def lines_of(name):
    with open(os.path.join(written, name), encoding='utf8') as file:
        return [line.strip() for line in file if line.strip()]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--lmplz', required=True)
    args = parser.parse_args()
    names = sorted(name for name in os.listdir(written) if name != held_out)
    text = '\n'.join(line for name in names for line in lines_of(name)) + '\n'
    golden = {}
    with tempfile.TemporaryDirectory() as folder:
        for model, options in models.items():
            arpa = os.path.join(folder, model + '.arpa')
            command = [args.lmplz, *options, '-S', '200M', '-T', folder, '--discount_fallback', '--arpa', arpa]
            subprocess.run(command, input=text.encode(), check=True, stderr=subprocess.DEVNULL)
            scorer = kenlm.Model(arpa)
            golden[model] = [round(scorer.score(line), 5) for line in lines_of(held_out)]
    with open(os.path.join(here, 'scores.json'), 'w', encoding='utf8') as out:
        json.dump({'text': 'corpora/written/en', 'heldOut': held_out, 'scores': golden}, out)
        out.write('\n')


main()
