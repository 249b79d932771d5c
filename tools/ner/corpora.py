"""Reads the public corpora of personal names, as texts with character spans.

A text is made as the pipeline would make it (internal/text and the folding of
internal/transformer): handles go, links become <url>, everything is ASCII.
Handles are labelled as persons in one of the corpora; with the handle, its
label goes.
"""

import argparse
import html
import json
import re
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Text:
    """One text and where the names in it are (start, end), end exclusive."""

    text: str
    spans: list = field(default_factory=list)
    source: str = ""
    made: bool = False  # the names in it are made up


# The same as internal/transformer/fold.go: one ASCII character for each,
# so that spans stay where they are.
_QUOTES = {**dict.fromkeys("‘’‚′`´", "'"), **dict.fromkeys("“”„«»", '"'), **dict.fromkeys("‐‑‒–—−", "-"), "…": "."}
_LETTERS = dict(zip("øØłŁđĐðÐħĦıßẞæÆœŒþÞ", "oOlLdDdDhHissaAoOtT"))


def fold(char):
    """The ASCII character that stands for this one, "" if it is left out."""
    if char < "\x7f":
        return char if char >= " " else " "
    if char in _QUOTES:
        return _QUOTES[char]
    if char in _LETTERS:
        return _LETTERS[char]
    category = unicodedata.category(char)
    if category[0] in "LN":
        first = unicodedata.normalize("NFKD", char)[0]
        if first < "\x7f":
            return first
    if category[0] == "M" or category == "Cf":
        return ""
    return " "


def tidy(text, spans):
    """Folds to ASCII and makes every run of white space one space."""
    out, where = [], []
    for char in text:
        where.append(len(out))
        c = fold(char)
        if c == " " and (not out or out[-1] == " "):
            continue
        if c:
            out.append(c)
    where.append(len(out))
    folded = "".join(out).rstrip()
    moved = []
    for start, end in spans:
        start, end = min(where[start], len(folded)), min(where[end], len(folded))
        while start < end and folded[start] == " ":
            start += 1
        while end > start and folded[end - 1] == " ":
            end -= 1
        if end > start:
            moved.append((start, end))
    return folded, moved


_LINK = re.compile(r"https?://\S+|www\.\S+|\bt\.co/\w+|HTTPURL\d*|URL\d+", re.I)


def clean(text, spans=()):
    """What internal/text does with links and handles. Returns a Text."""
    for pattern, stand_in in ((_LINK, "<url>"), (re.compile(r"(?<![\w.])@\w+"), "")):
        pieces, kept, pos, moved = [], [], 0, 0
        edits = [m.span() for m in pattern.finditer(text)]
        for start, end in edits:
            pieces += [text[pos:start], stand_in]
            pos = end
        pieces.append(text[pos:])
        for start, end in spans:
            if any(a < end and start < b for a, b in edits):
                continue
            moved = sum(len(stand_in) - (b - a) for a, b in edits if b <= start)
            kept.append((start + moved, end + moved))
        text, spans = "".join(pieces), kept
    return Text(*tidy(text, spans))


_NO_SPACE_BEFORE = re.compile(r"^([.,!?;:%)\]}…]+|'s|'m|'re|'ve|'ll|'d|n't|’s|’m|’re|’ve|’ll|’d|n’t)$", re.I)
_NO_SPACE_AFTER = {"(", "[", "{", "$", "£", "€", "#", "@"}


def join(tokens, labels):
    """Puts a tokenized sentence together again. Labels are B-/I-person or O."""
    text, spans, glue = "", [], True
    for token, label in zip(tokens, labels):
        if not (glue or _NO_SPACE_BEFORE.match(token)):
            text += " "
        start = len(text)
        text += html.unescape(token)
        glue = token in _NO_SPACE_AFTER
        if label == "B" or label == "I" and not spans:
            spans.append([start, len(text)])
        elif label == "I":
            spans[-1][1] = len(text)
    return clean(text, [tuple(s) for s in spans])


def conll(path, person, relabel_handles=False):
    """Reads a file with a token and its label in each line."""
    tokens, labels = [], []
    for line in [*Path(path).read_text(encoding="utf-8").splitlines(), ""]:
        columns = re.split(r"[\t ]+", line.strip())
        if line.startswith("-DOCSTART-") or len(columns) < 2:
            if tokens:
                t = join(tokens, labels)
                t.source = Path(path).parent.name
                if t.text:
                    yield t
            tokens, labels = [], []
            continue
        label = columns[-1]
        short = label[0] if label[2:] in person else "O"
        # "@" and "SportsCenter" are two tokens in one of the corpora.
        if relabel_handles and (columns[0].startswith("@") or tokens and tokens[-1] == "@"):
            short = "O"
        tokens.append(columns[0])
        labels.append(short)


def presidio(path):
    """Reads the generated sentences with spans of many kinds, of which
    PERSON alone counts."""
    for row in json.loads(Path(path).read_text(encoding="utf-8")):
        spans = [(s["start_position"], s["end_position"]) for s in row["spans"] if s["entity_type"] == "PERSON"]
        if "&" in row["full_text"] and html.unescape(row["full_text"]) != row["full_text"]:
            continue
        t = clean(row["full_text"], spans)
        t.source = "presidio_synthetic"
        yield t


def training(root):
    """The parts to train on."""
    root = Path(root)
    return [
        *conll(root / "wnut17/wnut17train.conll", {"person"}),
        *conll(root / "btc/btc.train", {"PER"}, relabel_handles=True),
        *conll(root / "tweebank/train.bio", {"PER"}),
        *presidio(root / "presidio_synthetic/synth_dataset_v2.json"),
    ]


def held_out(root):
    """The parts to measure on, by name."""
    root = Path(root)
    return {
        "wnut17-dev": list(conll(root / "wnut17/emerging.dev.conll", {"person"})),
        "btc-dev": list(conll(root / "btc/btc.dev", {"PER"}, relabel_handles=True)),
        "tweebank-dev": list(conll(root / "tweebank/dev.bio", {"PER"})),
    }


def write_labelled(path, texts):
    """Writes texts as `worker scan --evaluate` reads them. The offsets are
    bytes, which are characters here: the text is ASCII."""
    with open(path, "w", encoding="ascii") as f:
        for t in texts:
            spans = [{"start": a, "end": b, "kind": "Person"} for a, b in t.spans]
            f.write(json.dumps({"text": t.text, "spans": spans}) + "\n")


def main():
    p = argparse.ArgumentParser(description="Writes the held-out parts of the corpora as labelled texts.")
    p.add_argument("--corpora", required=True)
    p.add_argument("--out", required=True, help="folder for the .jsonl files")
    args = p.parse_args()
    for name, texts in held_out(args.corpora).items():
        write_labelled(Path(args.out) / f"{name}.jsonl", texts)


if __name__ == "__main__":
    main()
