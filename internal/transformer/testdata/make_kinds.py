"""Writes testdata/kinds: a tiny model for each kind of tokenizer.

Each is trained on the sentences below, and has the normalizer, pre-tokenizer
and post-processor of the models that it is called after. The weights are a
table: each name is one token and a person's, everything else is nothing. So
a name is found if the text was cut as the model expects, and at its place if
the offsets are right. golden.json beside each holds how the Python library cuts
the texts below.

    pip install onnx==1.23.2 numpy tokenizers==0.23.3 sentencepiece==0.2.2
    python make_kinds.py
"""

import io
import json
import pathlib
import sys

import numpy as np
import sentencepiece
from onnx import TensorProto, checker, helper, numpy_helper, save
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

NAMES = ["Naomi", "Josh", "Rachel", "Zoe", "Smith", "Thakur"]
PLAIN = [
    "we are happy to have you here today",
    "thanks for the help with my order",
    "please send us a message and we will look into it",
    "the flight to Paris is late again",
    "is there anything else that we can do for you?",
    "it's not working, and I don't know what you're doing!",
    "they've said I'll be fine: we'd like 20 of 19 or 8 by 2017...",
    "call 555 1234 or write to help@example.com (no #spam)",
    "hello from the team, have a nice day",
]
SENTENCES = PLAIN * 3 + [f"{before}{name}{behind}" for name in NAMES for before in ("Hello ", "thanks ", "ask for ", "", "", "-", '"')
                          for behind in ("", ".", ", we are happy", "'s order")]

TEXTS = [
    "Hello Naomi",
    "Naomi",
    "we are happy to have you",
    "thanks Josh Smith, for the help",
    "Rachel's order is late again!!! -Zoe",
    "  two  spaces   Naomi  ",
    "tab\tand\nline\r\nbreak Josh",
    "#happy @help http://example.com/a?b=1 Naomi Thakur.",
    "it's we'll they've I'd don't you're 'story 's ''quoted'' ``Zoe``",
    "5551234 a1b2 20.17 $5 50% x_y",
    "HELLO NAOMI hello naomi",
    "^JS *ZT ~Naomi (Josh) [Rachel] {Zoe} <Smith>",
    "[CLS] Naomi [SEP] <s>Josh</s> <mask> [MASK] <unk>Zoe [UNK] <|endoftext|> [PAD] <pad>",
    "supercalifragilistic Qxzvwj" + "k" * 120 + " Naomi",
    "a b c ? ! . ,; : - -- --- ... / \\ | & + = ` ~ ^ \"Zoe\"",
    "",
    " ",
    " \n ",
]
GERMAN = [
    "wir freuen uns, dass Sie heute da sind",
    "danke für die Hilfe mit meiner Bestellung",
    "der Flug nach Köln ist schon wieder verspätet",
    "können Sie mir bitte sagen, wo mein Paket bleibt?",
    "ich möchte die Rechnung über 20 € nicht bezahlen",
    "Grüße aus München, Straße und Hausnummer stimmen",
]
UNICODE_TEXTS = [
    "danke für die Grüße, Josh",
    "danke fu\u0308r die Gru\u0308ße",
    "fu\u0308\u0308r a\u0301\u0308 \u0308",
    "Straße STRASSE ẞ",
    "5\u00a0€ – „Zoe“ … ﬁx ½ ²",
    "ｆｕｌｌ　ｗｉｄｔｈ Naomi",
    "a\u200bb\u00adc\u200d\ufeff",
    "👍 Naomi 👩‍👩‍👧 🇩🇪 👋🏽",
    "日本 Köln на русском",
    "\u2003weit\u3000  und\u2028breit\r\nKöln\r\n\u0308x ",
    "<s>für</s> <mask> Grüße<mask>über",
    "ﬁ\u0308 ²\u0301",
    "Ä" * 40 + "ö",
    "e\u0301" * 3 + "\u1100\u1161\u11a8",
]
OUT = pathlib.Path(__file__).parent / "kinds"

# SentencePiece's map of characters, cut down to what ASCII needs of it.
SPACES = "\n".join(f"{ord(c):X}\t20" for c in "\t\n\f\r") + "\n" + "\n".join(f"{c:X}\t" for c in range(1, 32) if chr(c) not in "\t\n\f\r") + "\n7F\t\n"


def special(*tokens, **options):
    return [AddedToken(t, special=True, **options) for t in tokens]


# Some of what it does to other characters: composes accents, takes ligatures and wide letters apart, drops what is not seen.
OTHERS = {
    "a\u0308": "ä", "o\u0308": "ö", "u\u0308": "ü", "e\u0301": "é", "ﬁ": "fi", "½": "1⁄2", "²": "2", "…": "...", "\u00a0": " ",
    "\u2003": " ", "\u3000": " ", "\u2028": " ", "\u200b": " ", "\ufeff": "", "\u00ad": "", "\u200d": "", "\r\n": " ", "ｆ": "f", "ｗ": "w", "ẞ": "ß",
    "\u1100\u1161": "danke",
}


def spelled(text):
    return " ".join(f"{ord(c):X}" for c in text)


def charsmap(others=None):
    rules = OUT / "rules.tsv"
    rules.write_text(SPACES + "".join(f"{spelled(a)}\t{spelled(b)}\n" for a, b in (others or {}).items()))
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(SENTENCES), model_writer=model, vocab_size=80, normalization_rule_tsv=str(rules),
        hard_vocab_limit=False, minloglevel=2)
    rules.unlink()
    from sentencepiece import sentencepiece_model_pb2 as pb
    return pb.ModelProto.FromString(model.getvalue()).normalizer_spec.precompiled_charsmap


def bert(lowercase):
    t = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    t.normalizer = normalizers.BertNormalizer(lowercase=lowercase)
    t.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    t.train_from_iterator(SENTENCES, trainers.WordPieceTrainer(vocab_size=260, special_tokens=special("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")))
    if lowercase:
        t.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    else:
        t.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return t


def byte_level(prefix, tokens, pre=None, normalizer=None, **model):
    t = Tokenizer(models.BPE(**model))
    if normalizer:
        t.normalizer = normalizer
    t.pre_tokenizer = pre or pre_tokenizers.ByteLevel(add_prefix_space=prefix)
    alphabet = [c for c in pre_tokenizers.ByteLevel.alphabet() if ord(c) < 0x7F] + list("ĠĊĉč")
    t.train_from_iterator(SENTENCES, trainers.BpeTrainer(vocab_size=260, special_tokens=tokens, initial_alphabet=alphabet))
    t.decoder = decoders.ByteLevel()
    return t


def roberta():
    t = byte_level(False, special("<s>", "<pad>", "</s>", "<unk>", normalized=True) + special("<mask>", lstrip=True))
    t.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), trim_offsets=True, add_prefix_space=False)
    return t


def gpt2():
    t = byte_level(True, special("<|endoftext|>"))
    t.post_processor = processors.ByteLevel(trim_offsets=False)
    return t


def modern_bert():
    t = byte_level(False, special("[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]"), normalizer=normalizers.NFC())
    t.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 1), ("[SEP]", 2)])
    return t


def llama3():
    pattern = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    t = byte_level(False, special("<|endoftext|>"), ignore_merges=True, pre=pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(pattern), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]))
    t.post_processor = processors.Sequence([
        processors.ByteLevel(trim_offsets=False),
        processors.TemplateProcessing(single="<|endoftext|>:0 $A:0", special_tokens=[("<|endoftext|>", 0)])])
    return t


def llama2():
    alphabet = [f"<0x{b:02X}>" for b in range(128)]
    t = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    t.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    # For the training alone: words without what is behind them.
    t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Split("▁", "merged_with_next"), pre_tokenizers.Split(Regex(r"[^\w▁]"), "isolated")])
    t.train_from_iterator(SENTENCES, trainers.BpeTrainer(vocab_size=440, special_tokens=special("<unk>", "<s>", "</s>") + special(*alphabet)))
    saved = json.loads(t.to_str())
    saved["pre_tokenizer"] = None
    saved["added_tokens"] = saved["added_tokens"][:3]
    t = Tokenizer.from_str(json.dumps(saved))
    t.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    return t


def clip():
    t = Tokenizer(models.BPE(unk_token="<unk>", end_of_word_suffix="</w>", fuse_unk=True))
    t.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()])
    t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Whitespace(), pre_tokenizers.Digits(individual_digits=True)])
    t.train_from_iterator(SENTENCES, trainers.BpeTrainer(vocab_size=260, special_tokens=special("<unk>", "<s>", "</s>"), end_of_word_suffix="</w>"))
    t.post_processor = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=[("<s>", 1), ("</s>", 2)])
    return t


def unigram(tokens, unk, normalizer, pre, sentences=SENTENCES):
    """tokens are the special ones, unk is the one for the unknown."""
    t = Tokenizer(models.Unigram())
    t.normalizer, t.pre_tokenizer = normalizer, pre
    t.train_from_iterator(sentences, trainers.UnigramTrainer(
        vocab_size=200 if sentences is SENTENCES else 400, special_tokens=tokens, unk_token=unk, shrinking_factor=0.7, show_progress=False))
    # Names are whole, as the weights have it.
    saved = json.loads(t.to_str())
    wanted = {marker + n: -1.0 for name in NAMES for n in (name, name.lower()) for marker in ("", "▁")}
    vocab = {p: s for p, s in saved["model"]["vocab"] if not any(w in p for w in wanted)} | wanted
    saved["model"]["vocab"] = list(vocab.items())
    return Tokenizer.from_str(json.dumps(saved))


def metaspace(**options):
    return pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always", **options)


def xlm_roberta(charsmap):
    t = unigram(special("<s>", "<pad>", "</s>", "<unk>") + special("<mask>", lstrip=True), "<unk>",
                normalizers.Sequence([normalizers.Precompiled(charsmap), normalizers.Replace(Regex(" {2,}"), " ")]), metaspace())
    t.post_processor = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)])
    return t


def multilingual(charsmap):
    """XLM-RoBERTa's as its first files have it, on text that is not ASCII."""
    t = unigram(special("<s>", "<pad>", "</s>", "<unk>") + special("<mask>", lstrip=True), "<unk>", normalizers.Precompiled(charsmap),
                pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), metaspace()]), SENTENCES + GERMAN * 5)
    t.post_processor = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)])
    return t


def camembert(charsmap):
    t = unigram(special("<s>", "<pad>", "</s>", "<unk>") + special("<mask>", lstrip=True, normalized=True), "<unk>",
                normalizers.Precompiled(charsmap), pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), metaspace()]))
    t.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    return t


def deberta(charsmap):
    t = unigram(special("[PAD]", "[CLS]", "[SEP]") + special("[UNK]", normalized=True) + special("[MASK]"), "[UNK]",
                normalizers.Sequence([normalizers.Strip(), normalizers.Precompiled(charsmap), normalizers.Replace(Regex(" {2,}"), " ")]),
                pre_tokenizers.Sequence([metaspace()]))
    t.post_processor = processors.TemplateProcessing(single="[CLS]:0 $A:0 [SEP]:0", special_tokens=[("[CLS]", 1), ("[SEP]", 2)])
    return t


def deberta_split():
    t = unigram(special("[PAD]", "[CLS]", "[SEP]", "[UNK]", "[MASK]"), "[UNK]",
                normalizers.Sequence([normalizers.Replace(Regex(r"\s{2,}|[\n\r\t]"), " "), normalizers.NFC(), normalizers.Strip(left=False, right=True)]),
                pre_tokenizers.Sequence([pre_tokenizers.Punctuation("isolated"), metaspace()]))
    t.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 1), ("[SEP]", 2)])
    return t


def albert(charsmap):
    t = unigram(special("<pad>", "<unk>", "[CLS]", "[SEP]") + special("[MASK]", lstrip=True), "<unk>",
                normalizers.Sequence([
                    normalizers.Replace("``", '"'), normalizers.Replace("''", '"'), normalizers.NFKD(), normalizers.StripAccents(),
                    normalizers.Lowercase(), normalizers.Precompiled(charsmap), normalizers.Replace(Regex(" {2,}"), " ")]), metaspace())
    t.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    return t


def t5(charsmap):
    t = unigram(special("<pad>", "</s>", "<unk>"), "<unk>",
                normalizers.Sequence([normalizers.Precompiled(charsmap), normalizers.Strip(left=False, right=True), normalizers.Replace(Regex(" {2,}"), "▁")]),
                pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="first", split=False))
    t.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    return t


SCHEMES = {
    "BIO": ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"],
    "IOBES": ["O", "B-PER", "I-PER", "E-PER", "S-PER", "S-LOC"],
    "BILOU": ["O", "B-PERSON", "I-PERSON", "L-PERSON", "U-PERSON", "U-LOC"],
    "IO": ["O", "I-PER", "I-LOC"],
    "bare": ["O", "private_person", "location"],
}
# The label of a name's first piece in each.
NAMED = {"BIO": "B-PER", "IOBES": "S-PER", "BILOU": "U-PERSON", "IO": "I-PER", "bare": "private_person"}


def weights(tokenizer, labels, named, types):
    names = {}
    for name in NAMES:
        for text in (name, " " + name, "-" + name, '"' + name):
            e = tokenizer.encode(text, add_special_tokens=False)
            assert name.lower() in e.tokens[-1].lower(), f"{name} is in pieces: {e.tokens}"
            names[e.ids[-1]] = text
    for sentence in PLAIN:
        for i in tokenizer.encode(sentence).ids:
            assert i not in names, f"{names[i]} ends with a piece of {sentence}"
    table = np.zeros((tokenizer.get_vocab_size(), len(labels)), dtype=np.float32)
    table[:, labels.index("O")] = 4
    for i in names:
        table[i, labels.index("O")], table[i, labels.index(named)] = 0, 4
    nodes = [helper.make_node("Gather", ["embeddings", "input_ids"], ["embedded"])]
    inputs = ["input_ids", "attention_mask"]
    constants = [numpy_helper.from_array(table, "embeddings"), numpy_helper.from_array(np.array([2], dtype=np.int64), "axes")]
    last = "embedded"
    if types:
        inputs.append("token_type_ids")
        constants.append(numpy_helper.from_array(np.zeros((2, len(labels)), dtype=np.float32), "types"))
        nodes += [helper.make_node("Gather", ["types", "token_type_ids"], ["typed"]), helper.make_node("Add", ["embedded", "typed"], ["sum"])]
        last = "sum"
    nodes += [
        helper.make_node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["mask", "axes"], ["column"]),
        helper.make_node("Mul", [last, "column"], ["logits"]),
    ]
    graph = helper.make_graph(
        nodes, "tiny-token-classifier",
        [helper.make_tensor_value_info(n, TensorProto.INT64, ["batch", "sequence"]) for n in inputs],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", "sequence", len(labels)])], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)], ir_version=8)
    checker.check_model(model)
    return model


def golden(t, texts):
    rows = []
    for text in texts:
        e = t.encode(text)
        at = [len(text[:i].encode()) for i in range(len(text) + 1)]
        rows.append({"text": text, "ids": e.ids, "types": e.type_ids, "offsets": [[at[i] for i in o] for o in e.offsets], "frame": e.special_tokens_mask})
    return rows


def write(name, tokenizer, scheme, model_type, types=False, texts=TEXTS):
    assert texts is not TEXTS or all(t.isascii() for t in texts)
    folder = OUT / name
    folder.mkdir(exist_ok=True)
    (folder / "tokenizer.json").write_text(json.dumps(json.loads(tokenizer.to_str()), ensure_ascii=False, separators=(",", ":")) + "\n")
    labels = SCHEMES[scheme]
    save(weights(tokenizer, labels, NAMED[scheme], types), folder / "model.onnx")
    (folder / "config.json").write_text(json.dumps({
        "model_type": model_type, "max_position_embeddings": 66, "vocab_size": tokenizer.get_vocab_size(),
        "id2label": {str(i): l for i, l in enumerate(labels)}}) + "\n")
    with open(folder / "golden.json", "w") as f:
        f.write("[\n" + ",\n".join(json.dumps(r, separators=(",", ":")) for r in golden(tokenizer, texts)) + "\n]\n")


def main():
    OUT.mkdir(exist_ok=True)
    c = charsmap()
    write("bert-uncased", bert(True), "BIO", "bert", types=True)
    write("bert-cased", bert(False), "IOBES", "bert")
    write("roberta", roberta(), "BILOU", "roberta")
    write("gpt2", gpt2(), "IO", "gpt2")
    write("modernbert", modern_bert(), "BIO", "modernbert")
    write("llama2", llama2(), "bare", "llama")
    write("llama3", llama3(), "bare", "llama")
    write("clip", clip(), "BIO", "clip")
    write("xlm-roberta", xlm_roberta(c), "BIO", "xlm-roberta")
    write("camembert", camembert(c), "IO", "camembert")
    write("deberta", deberta(c), "bare", "deberta-v2", types=True)
    write("deberta-split", deberta_split(), "IOBES", "deberta-v2")
    write("albert", albert(c), "BILOU", "albert", types=True)
    write("t5", t5(c), "BIO", "t5")
    # In a folder of its own, for what reads ASCII alone goes through all of kinds.
    write("../unicode", multilingual(charsmap(OTHERS)), "BIO", "xlm-roberta", texts=TEXTS + UNICODE_TEXTS)


if __name__ == "__main__":
    main()
