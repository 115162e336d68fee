# Writes encodings/*.json: small tokenizers of every kind, trained by HF tokenizers and sentencepiece
# on the sentences below, and what those libraries make of a list of hard texts.
# Run: python make-encodings.py encodings   (tokenizers 0.23.2, sentencepiece 0.2.2)
import base64, json, os, random, sys, tempfile
import sentencepiece as spm
from tokenizers import AddedToken, Regex, Tokenizer, decoders as D, models as M
from tokenizers import normalizers as N, pre_tokenizers as P, processors as PP, trainers as T

SENTENCES = [
    'The quick brown fox jumps over the lazy dog, and the dog does not mind it at all.',
    "It's a test: we'll see if they've learnt what isn't in the books, don't you think?",
    'In 2024 the price rose by 12.5%, from 1,234 to 1,388 dollars per unit.',
    'def add(a, b):\n    return a + b\n\n\nclass Box:\n\tdef __init__(self):\n\t\tself.value = 0\n',
    '北京的春天来得很快，柳树发芽，桃花开放。', '他们在图书馆里学习中文，老师说中文不难。',
    '今天的天气很好，我们去公园散步吧！', '机器学习模型需要大量的文本数据，文本数据需要清洗。',
    '价格从１２３元涨到了４５６元，大家都说太贵了。', 'Café déjà vu, naïve façade; Zürich, Ångström, señor.',
    'Привет, мир! Это небольшой текст на русском языке.', '日本語の文章も少しだけ入れておきます。',
    '한국어 문장도 조금 넣어 둡니다.', 'x = y * 2 # comment\nif x != 3: print("yes")\n',
]
random.seed(3)
WORDS = [w for s in SENTENCES for w in s.split(' ')]
LINES = SENTENCES * 3 + [' '.join(random.choices(WORDS, k=12)) for _ in range(60)]
ALPHABET = P.ByteLevel.alphabet()
CL100K = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"

TEXTS = [
    '', ' ', '  ', '\n\n', 'a', 'the', 'The dog', ' the  dog ', "don't they'll it's", '北京', '北京的春天，老师说中文不难。',
    '中文 English 混排text', '１２３ ｆｕｌｌ', 'naïve Café déjà', 'nai\u0308ve cafe\u0301', '한국어 문장', '日本語の文章',
    'Привет', '👍🏽 emoji 👩‍👩‍👧', '\u0000\u0007control', 'a\u00adb\u200bc', '\ufeffbom', '\u3000wide space\u3000', 'tab\tend\t',
    '12345678', '1,234.56', 'x'*60, 'ab'*150, '哈'*70, 'ΑΣΣ ΟΔΟΣ', 'İstanbul ǅ', '≠ \u037e \u0340', '\u302e\u302f\u1d165',
    '豈 \uf900 \u2f800', '<s> the </s>', 'the<mask>dog', 'the <mask> dog', '[MASK]', '[CLS] the [SEP]', '<|endoftext|>the',
    'worlds world aworld world', 'foo<sep>bar', '<0x41>', '##ing', '▁the', 'the ▁ dog', 'a\r\nb\rc', '\u0085\u2028x', '𠀀𠀁 𝒜',
    'word\u0301s \u0301x', 'ﬁne ﬂow', '½ ² ①', 'ＡＢＣ。，！', 'line one\nline two\n\n  indented',
]

def chars(s):
    units = [0]
    for c in s:
        units.append(units[-1] + (2 if ord(c) > 0xFFFF else 1))
    return units

def cases(tokenizer):
    out = []
    for text in TEXTS:
        e = tokenizer.encode(text)
        u = chars(text)
        out.append(dict(text=text, ids=e.ids, decoded=tokenizer.decode(e.ids),
                        offsets=[[u[a], u[b]] for a, b in e.offsets]))
    return out

def save(name, **content):
    with open(os.path.join(sys.argv[1], name + '.json'), 'w') as f:
        json.dump(content, f, ensure_ascii=True, separators=(',', ':'))
        f.write('\n')

def hf(name, tokenizer):
    save(name, tokenizer=json.loads(tokenizer.to_str()), cases=cases(tokenizer))

def bpe(**options):
    defaults = dict(vocab_size=700, initial_alphabet=ALPHABET, show_progress=False)
    return T.BpeTrainer(**{**defaults, **options})

t = Tokenizer(M.BPE())
t.pre_tokenizer = P.ByteLevel(add_prefix_space=False)
t.decoder = D.ByteLevel()
t.train_from_iterator(LINES, bpe(special_tokens=['<|endoftext|>']))
hf('byte-level', t)

t = Tokenizer(M.BPE())
t.pre_tokenizer = P.ByteLevel(add_prefix_space=True)
t.decoder = D.ByteLevel()
t.train_from_iterator(LINES, bpe(special_tokens=['<s>', '</s>', '<mask>']))
t.add_special_tokens([AddedToken('<mask>', lstrip=True, special=True)])
t.add_tokens([AddedToken('world', single_word=True), AddedToken('dog', rstrip=True, normalized=False)])
t.post_processor = PP.RobertaProcessing(('</s>', 1), ('<s>', 0), trim_offsets=False)
hf('roberta', t)

t = Tokenizer(M.BPE(ignore_merges=True))
t.normalizer = N.NFC()
t.pre_tokenizer = P.Sequence([P.Split(Regex(CL100K), 'isolated'), P.ByteLevel(add_prefix_space=False, use_regex=False)])
t.decoder = D.ByteLevel()
t.train_from_iterator(LINES, bpe(special_tokens=['<|endoftext|>']))
hf('llama3', t)

t = Tokenizer(M.BPE(unk_token='<unk>', byte_fallback=True, fuse_unk=True))
t.pre_tokenizer = P.Metaspace()
byte_tokens = ['<0x%02X>' % i for i in range(256)]
t.train_from_iterator(LINES, bpe(vocab_size=900, initial_alphabet=[], limit_alphabet=150,
                                 special_tokens=['<unk>', '<s>', '</s>'] + byte_tokens))
llama2 = json.loads(t.to_str())
llama2['pre_tokenizer'] = None
llama2['added_tokens'] = llama2['added_tokens'][:3]
llama2['normalizer'] = {'type': 'Sequence', 'normalizers': [
    {'type': 'Prepend', 'prepend': '▁'}, {'type': 'Replace', 'pattern': {'String': ' '}, 'content': '▁'}]}
llama2['decoder'] = {'type': 'Sequence', 'decoders': [
    {'type': 'Replace', 'pattern': {'String': '▁'}, 'content': ' '}, {'type': 'ByteFallback'}, {'type': 'Fuse'},
    {'type': 'Strip', 'content': ' ', 'start': 1, 'stop': 0}]}
hf('llama2', Tokenizer.from_str(json.dumps(llama2)))
unknown = json.loads(t.to_str())
unknown['model']['byte_fallback'] = False
unknown['decoder'] = {'type': 'Metaspace', 'replacement': '▁', 'prepend_scheme': 'always', 'split': True}
hf('metaspace-unknown', Tokenizer.from_str(json.dumps(unknown)))

for name, normalizer in [('bert', N.BertNormalizer()), ('bert-cased', N.BertNormalizer(lowercase=False)),
                         ('bert-accents', N.BertNormalizer(strip_accents=False)),
                         ('bert-raw', N.BertNormalizer(False, False, True, False))]:
    t = Tokenizer(M.WordPiece(unk_token='[UNK]', max_input_chars_per_word=50))
    t.normalizer = normalizer
    t.pre_tokenizer = P.BertPreTokenizer()
    t.decoder = D.WordPiece()
    t.train_from_iterator(LINES, T.WordPieceTrainer(vocab_size=500, show_progress=False,
                          special_tokens=['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]']))
    t.post_processor = PP.TemplateProcessing(single='[CLS] $A [SEP]', special_tokens=[('[CLS]', 2), ('[SEP]', 3)])
    hf(name, t)

t = Tokenizer(M.WordPiece(unk_token='[UNK]'))
t.normalizer = N.Sequence([N.NFKC(), N.Lowercase()])
t.pre_tokenizer = P.Whitespace()
t.decoder = D.WordPiece()
t.train_from_iterator(LINES, T.WordPieceTrainer(vocab_size=400, show_progress=False, special_tokens=['[UNK]']))
hf('wordpiece-whitespace', t)

# Normalisation rules of the Unigram model: few, but of every shape (the built-in ones take 240 kB).
RULES = os.path.join(tempfile.mkdtemp(), 'rules.tsv')
with open(RULES, 'w') as f:
    for source, target in [('ﬁ', 'fi'), ('Ａ', 'A'), ('，', ','), ('\t', ' '), ('\n', ' '), ('\u3000', ' '), ('\u00ad', ''),
                           ('e\u0301', 'é'), ('½', '1/2'), ('İ', 'i'), ('가', 'ga'), ('ab', 'X')]:
        f.write(' '.join('%X' % ord(c) for c in source) + '\t' + ' '.join('%X' % ord(c) for c in target) + '\n')

def sentencepiece(**options):
    with tempfile.TemporaryDirectory() as folder:
        prefix = os.path.join(folder, 'm')
        spm.SentencePieceTrainer.train(sentence_iterator=iter(LINES), model_prefix=prefix, minloglevel=2, **options)
        return open(prefix + '.model', 'rb').read()

for name, options in [
    ('sp-unigram', dict(model_type='unigram', vocab_size=330, hard_vocab_limit=False, character_coverage=0.98, normalization_rule_tsv=RULES)),
    ('sp-bpe', dict(model_type='bpe', vocab_size=600, normalization_rule_name='identity', byte_fallback=True, character_coverage=0.98)),
    ('sp-identity', dict(model_type='unigram', vocab_size=600, hard_vocab_limit=False, byte_fallback=True, character_coverage=0.98,
                         normalization_rule_name='identity', remove_extra_whitespaces=False,
                         user_defined_symbols=['<sep>', 'foo'])),
]:
    model = sentencepiece(**options)
    sp = spm.SentencePieceProcessor(model_proto=model)
    texts = [x for x in TEXTS if '\u0000' not in x]
    save(name, model=base64.b64encode(model).decode(),
         cases=[dict(text=x, ids=sp.encode(x), decoded=sp.decode(sp.encode(x))) for x in texts])
    if name == 'sp-unigram':
        import sentencepiece.sentencepiece_model_pb2 as pb
        proto = pb.ModelProto()
        proto.ParseFromString(model)
        t = Tokenizer(M.Unigram([(p.piece, p.score) for p in proto.pieces], unk_id=0, byte_fallback=False))
        t.normalizer = N.Sequence([N.Precompiled(proto.normalizer_spec.precompiled_charsmap), N.Replace(Regex(' {2,}'), ' ')])
        t.pre_tokenizer = P.Metaspace()
        t.decoder = D.Metaspace()
        t.add_special_tokens(['<s>', '</s>'])
        hf('unigram', t)
