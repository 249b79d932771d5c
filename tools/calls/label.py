"""Labels what was heard of the calls' scripts, or degrades the scripts that nobody
heard, and writes the labelled calls that the gate for calls is measured on.

The labels of a script are carried over to what was heard by aligning the two letter by
letter, with numbers as digits. A script that was not heard is changed by the habits
that the recognizer was seen to have: digits in groups, letters with hyphens, names by
their sound, words of one sound. Every other call is in lower case and without
punctuation.

    python tools/calls/label.py --scripts scripts.jsonl --heard heard.jsonl --out internal/privacy/testdata/calls.jsonl.gz
"""

import argparse
import gzip
import json
import random
import re
from pathlib import Path

import details

NUMBERS = {}
for lang in ("en", "de"):
    for i, w in enumerate(details.DIGITS[lang]):
        NUMBERS[w] = str(i)
for i in range(10, 100):
    NUMBERS[details.number_de(i)] = str(i)
for i, w in enumerate(details.TEENS):
    NUMBERS[w] = str(10 + i)
for i, w in enumerate(details.TENS):
    NUMBERS[w] = str(2 + i)
NUMBERS |= {"oh": "0", "zwo": "2", "hundred": "", "and": "", "at": "@", "ät": "@", "dot": ".", "punkt": "."}
NUMBERS |= {w: str(i + 1) for i, w in enumerate(details.ORDINALS)}


def sound(text):
    """What is compared of a text: characters, each with its place in the text."""
    out, double = [], 0
    for m in re.finditer(r"[A-Za-zÀ-ÿ']+(?:-(?:first|second|third|fourth|fifth|sixth|seventh|eighth))?|\d+|[@.]", text):
        word = m[0].lower()
        if word == "double":
            double = 1
            continue
        said = NUMBERS.get(word, word)
        if word.startswith("neunzehnhundert"):
            said = "19" + NUMBERS.get(word[15:], "")
        if m[0] == "." and not (0 < m.start() and m.end() < len(text) and text[m.start() - 1].isalnum() and text[m.end()].isalnum()):
            continue
        step = (m.end() - m.start()) / max(len(said), 1)
        for i, c in enumerate(said):
            out += [(c, m.start() + int(i * step))] * (2 if double else 1)
        double = 0
    return out


def align(a, b):
    """Gives for each character of b the index of the one of a that it stands for, or None."""
    n, m = len(a), len(b)
    cost = [[0] * (m + 1) for _ in range(n + 1)]
    for i in range(n + 1):
        cost[i][0] = i
    for j in range(m + 1):
        cost[0][j] = j
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            same = a[i - 1][0] == b[j - 1][0]
            cost[i][j] = min(cost[i - 1][j - 1] + (0 if same else 1.2), cost[i - 1][j] + 1, cost[i][j - 1] + 1)
    to, i, j = [None] * m, n, m
    while i and j:
        same = a[i - 1][0] == b[j - 1][0]
        if cost[i][j] == cost[i - 1][j - 1] + (0 if same else 1.2):
            to[j - 1] = i - 1
            i, j = i - 1, j - 1
        elif cost[i][j] == cost[i - 1][j] + 1:
            i -= 1
        else:
            j -= 1
    return to, cost[n][m] / max(n, m, 1)


TOKEN = re.compile(r"[^\s]+")


def project(script, spans, heard):
    """Gives the labels of what was heard: whole words, of which more characters stand for
    the detail than do not; and how far the two differ."""
    a, b = sound(script), sound(heard)
    to, differ = align(a, b)
    labels = []
    kinds = [next((n for n, s in enumerate(spans) if s[0] <= at < s[1]), None) for _, at in a]
    # A character that stands for none belongs to what is around it.
    of = [kinds[i] if i is not None else -1 for i in to]
    for j, k in enumerate(of):
        if k == -1:
            left = next((of[i] for i in range(j - 1, -1, -1) if of[i] != -1), None)
            right = next((of[i] for i in range(j + 1, len(of)) if of[i] != -1), None)
            of[j] = -2 if left == right and left is not None else -1
            if of[j] == -2:
                of[j] = left
    for m in TOKEN.finditer(heard):
        here = [of[j] for j, (_, at) in enumerate(b) if m.start() <= at < m.end()]
        owners = {k for k in here if k is not None and k >= 0}
        for k in owners:
            if here.count(k) * 2 > sum(1 for x in here if x != -1) or here.count(k) * 2 == len(here) > 0:
                start, end = trim(heard, m.start(), m.end())
                if start < end:
                    if labels and labels[-1][3] == k and not heard[labels[-1][1] : start].strip(" ,.-"):
                        labels[-1][1] = end
                    else:
                        labels.append([start, end, spans[k][2], k])
    return [(s, e, kind) for s, e, kind, _ in labels], differ


def trim(text, start, end):
    while start < end and not text[start].isalnum():
        start += 1
    while end > start and not text[end - 1].isalnum():
        end -= 1
    if text[start:end].endswith("'s"):
        end -= 2
    return start, end


SOUNDS = [("ph", "f"), ("ck", "k"), ("ee", "i"), ("oo", "u"), ("th", "t"), ("y", "i"), ("c", "k"), ("z", "s"), ("w", "v"), ("ll", "l"), ("nn", "n"),
          ("ei", "ai"), ("oe", "o"), ("dh", "d"), ("kh", "k"), ("gh", "g"), ("sz", "sh"), ("cz", "ch"), ("j", "y"), ("ou", "u"), ("ie", "y"), ("a", "e"), ("e", "a"), ("o", "a")]
CONFUSED = {
    "en": {"your": "you're", "there": "their", "it's": "its", "for": "four", "right": "write", "the": "a", "and": "in", "an": "and", "see": "sea", "know": "no"},
    "de": {"das": "dass", "ihn": "in", "ist": "is", "den": "denn", "seit": "seid", "einen": "ein", "wird": "wirt", "mal": "mahl", "dem": "den", "habe": "hab"},
}


def misheard(rng, name):
    """A name as a recognizer may write it that does not know it."""
    words = []
    for w in name.split():
        if rng.random() < 0.4:
            low, had = w.lower(), w[0].isupper()
            for _ in range(rng.choice([1, 1, 2])):
                a, b = rng.choice(SOUNDS)
                low = low[:1] + low[1:].replace(a, b, 1)
            if len(low) > 8 and rng.random() < 0.25:
                cut = rng.randint(3, len(low) - 3)
                low = low[:cut] + " " + low[cut:]
            w = " ".join(x.capitalize() for x in low.split()) if had else low
        words.append(w)
    return " ".join(words)


def grouped(rng, s):
    style = rng.choice(["-", "-", " ", ", ", "pairs", "one", "four"])
    if style == "one":
        return s
    if style in ("pairs", "four"):
        n = 2 if style == "pairs" else 4
        return rng.choice([" ", "-", ", ", "."]).join(s[i : i + n] for i in range(0, len(s), n))
    out, i = [], 0
    while i < len(s):
        n = rng.choice([1, 1, 1, 2, 3]) if style != "-" or rng.random() < 0.4 else 1
        out.append(s[i : i + n])
        i += n
    return style.join(out)


def code(rng, said):
    """Digits and letters that were read out, as the recognizer writes them."""
    if rng.random() < 0.25:
        return said
    tokens = re.findall(r"[\wäöüÄÖÜß]+", said)
    out, digits, letters = [], "", ""
    double = 1

    def flush():
        nonlocal digits, letters
        if digits:
            out.append(grouped(rng, digits))
        if letters:
            out.append(rng.choice(["-", "-", " ", ". ", ""]).join(letters) if len(letters) > 1 else letters)
        digits = letters = ""

    i = 0
    while i < len(tokens):
        t = tokens[i]
        n = NUMBERS.get(t.lower())
        if t.lower() == "double":
            double = 2
        elif n and n.isdigit():
            if letters:
                flush()
            following = NUMBERS.get(tokens[i + 1].lower(), "") if i + 1 < len(tokens) else ""
            if t.lower() in details.TENS:
                n = n + (following if len(following) == 1 else "0")
                if len(following) == 1:
                    i += 1
            digits += n * double
            double = 1
        elif len(t) == 1:
            if digits:
                flush()
            letters += t.upper()
        else:
            flush()
            out.append(t)
        i += 1
    flush()
    return " ".join(out)


def email(rng, said):
    x = said
    if rng.random() < 0.75:
        x = re.sub(r" (dot|punkt) (com|de|org|net|me|co|uk)\b", r".\2", x)
        x = re.sub(r" (dot|punkt) (uk)\b", r".\2", x)
    if rng.random() < 0.4:
        x = re.sub(r" (dot|punkt) ", ".", x)
    if rng.random() < 0.2:
        x = re.sub(r" (at|ät) ", "@", x)
    elif rng.random() < 0.15:
        x = re.sub(r" (at|ät) ", rng.choice([" add ", " at the ", " und ", " et "]), x)
    if rng.random() < 0.3:
        x = x.replace("gmail", "G-Mail")
    return misheard(rng, x) if rng.random() < 0.4 else x


def degraded(rng, language, text, spans):
    """What the recognizer might have heard: the pieces of the turn, each with its kind or None."""
    pieces, at = [], 0
    for start, end, kind in spans:
        pieces.append((text[at:start], None))
        said = text[start:end]
        spelled = kind == "Person" and re.match(r"^(\w\b|\w+,)", said) and len(re.findall(r"\b\w\b", said)) > 1
        if kind == "Email":
            said = email(rng, said)
        elif kind == "Person" and not spelled:
            said = misheard(rng, said)
        elif kind in ("BirthDate", "Address"):
            said = " ".join(NUMBERS[w.lower()] if NUMBERS.get(w.lower(), "").isdigit() and w.lower() not in details.TENS and rng.random() < 0.7 else w for w in said.split(" "))
        else:
            said = code(rng, said)
        pieces.append((said, kind))
        at = end
    pieces.append((text[at:], None))
    out = []
    for piece, kind in pieces:
        if kind is None:
            words = []
            for w in piece.split(" "):
                if w.lower() in CONFUSED[language] and rng.random() < 0.06:
                    w = CONFUSED[language][w.lower()]
                if w and rng.random() < 0.01:
                    continue
                words.append(w)
            piece = " ".join(words)
        out.append((piece, kind))
    return out


def pieces_of(text, labels):
    at = 0
    for start, end, kind in labels:
        yield text[at:start], None
        yield text[start:end], kind
        at = end
    yield text[at:], None


def bare(piece):
    """The piece in lower case and without punctuation."""
    piece = piece.lower()
    piece = re.sub(r"(?<=[\wäöüß])[-–](?=[\wäöüß])", " ", piece)
    piece = re.sub(r"(?<!\w)[.,!?;:\"“”]|[.,!?;:\"“”](?!\w)|(?<=\d)[,](?=\d)", "", piece)
    return piece


def row(pieces, lower):
    """The turn as it is written: text, and labels by bytes."""
    text, spans = "", []
    for piece, kind in pieces:
        if lower:
            piece = bare(piece)
        if kind is None:
            text += piece
            continue
        lead = len(piece) - len(piece.lstrip())
        body = piece.strip()
        text += piece[:lead]
        if re.search(r"\w", body):
            start = len(text.encode())
            spans.append({"start": start, "end": start + len(body.encode()), "kind": kind})
        text += piece[lead:]
    return {"text": text, "spans": spans}


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--scripts", required=True)
    p.add_argument("--heard", required=True)
    p.add_argument("--out", required=True)
    args = p.parse_args()
    heard = {}
    for line in open(args.heard, encoding="utf-8"):
        h = json.loads(line)
        heard[h["call"]] = h["heard"]
    rows = []
    for line in open(args.scripts, encoding="utf-8"):
        call = json.loads(line)
        rng = random.Random(call["call"] * 31 + 5)
        lower = call["call"] // 4 % 2 == 1
        got = heard.get(call["call"])
        out = {"call": str(call["call"]), "language": call["language"], "part": call["part"], "made": "recognized" if got else "degraded", "turns": []}
        for i, turn in enumerate(call["turns"]):
            spans = [tuple(s) for s in turn["spans"]]
            if got:
                labels, _ = project(turn["text"], spans, got[i])
                pieces = list(pieces_of(got[i], labels))
            else:
                pieces = degraded(rng, call["language"], turn["text"], spans)
            out["turns"].append({"side": {"a": "agent", "c": "customer"}[turn["side"]]} | row(pieces, lower))
        if call["call"] % 5 == 0:  # sides are not always known
            for t in out["turns"]:
                del t["side"]
        rows.append(out)
    data = "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows).encode()
    Path(args.out).parent.mkdir(parents=True, exist_ok=True)
    with open(args.out, "wb") as f, gzip.GzipFile(fileobj=f, mode="wb", mtime=0, filename="") as z:
        z.write(data)


if __name__ == "__main__":
    main()
