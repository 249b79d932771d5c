"""Writes testdata/model, a token-classification model small enough to read.

It is no language model: each vocabulary entry has its label's logits set by
hand, so that the tests know which words are persons. What it proves is the
path around it: ONNX file, tokenizer, windows, offsets.

    pip install onnx==1.23.2 numpy
    python make_model.py
"""

import json
import pathlib
import string

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper, save

LABELS = ["O", "B-PER", "I-PER", "B-LOC"]
MAX_POSITIONS = 32

# What each word is; a word in pieces has the label of its first piece alone,
# as in models that were trained on first pieces.
BEGIN = ["naomi", "josh", "jose", "rach", "zoe"]
INSIDE = ["smith", "thakur"]
PLACE = ["paris"]
PLAIN = ["hello", "thanks", "for", "the", "help", "we", "are", "happy", "to", "have", "you", "##el", "and", "from", "is"]

vocab = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
vocab += list(string.ascii_lowercase) + list(string.digits) + list(string.punctuation)
vocab += ["##" + c for c in string.ascii_lowercase + string.digits]
vocab += BEGIN + INSIDE + PLACE + PLAIN

logits = np.zeros((len(vocab), len(LABELS)), dtype=np.float32)
for i, token in enumerate(vocab):
    label = "B-PER" if token in BEGIN else "I-PER" if token in INSIDE else "B-LOC" if token in PLACE else "O"
    logits[i, LABELS.index(label)] = 4

out = pathlib.Path(__file__).parent / "model"
out.mkdir(exist_ok=True)

# Two layers instead of a table, so that a matrix product and a ReLU run too.
eye = np.eye(len(LABELS), dtype=np.float32)
graph = helper.make_graph(
    [
        helper.make_node("Gather", ["embeddings", "input_ids"], ["embedded"]),
        helper.make_node("Relu", ["embedded"], ["rectified"]),
        helper.make_node("MatMul", ["rectified", "weights"], ["scores"]),
        helper.make_node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["mask", "axes"], ["column"]),
        helper.make_node("Mul", ["scores", "column"], ["logits"]),
    ],
    "tiny-token-classifier",
    [
        helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["batch", "sequence"]),
        helper.make_tensor_value_info("attention_mask", TensorProto.INT64, ["batch", "sequence"]),
    ],
    [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", "sequence", len(LABELS)])],
    [
        numpy_helper.from_array(logits, "embeddings"),
        numpy_helper.from_array(eye, "weights"),
        numpy_helper.from_array(np.array([2], dtype=np.int64), "axes"),
    ],
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)], ir_version=8)
checker.check_model(model)
save(model, out / "model.onnx")

special = [{"id": i, "content": t, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
           for i, t in enumerate(vocab[:5])]
tokenizer = {
    "version": "1.0",
    "truncation": None,
    "padding": None,
    "added_tokens": special,
    "normalizer": {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None, "lowercase": True},
    "pre_tokenizer": {"type": "BertPreTokenizer"},
    "post_processor": {
        "type": "TemplateProcessing",
        "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
                   {"SpecialToken": {"id": "[SEP]", "type_id": 0}}],
        "pair": [],
        "special_tokens": {t: {"id": t, "ids": [vocab.index(t)], "tokens": [t]} for t in ("[CLS]", "[SEP]")},
    },
    "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
    "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100,
              "vocab": {t: i for i, t in enumerate(vocab)}},
}
(out / "tokenizer.json").write_text(json.dumps(tokenizer, indent=1) + "\n")
(out / "config.json").write_text(json.dumps({
    "architectures": ["BertForTokenClassification"],
    "model_type": "bert",
    "max_position_embeddings": MAX_POSITIONS,
    "id2label": {str(i): l for i, l in enumerate(LABELS)},
    "label2id": {l: i for i, l in enumerate(LABELS)},
}, indent=1) + "\n")
