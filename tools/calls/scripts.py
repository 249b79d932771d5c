"""Writes scripts of support calls in which every personal detail is marked.

A call is put together from blocks: who calls, what about, what is asked for, whom
else is spoken of, good-bye. Blocks and names are divided between the part that rules
may be written for and the part that is held out. Nothing is taken from real calls.

    python tools/calls/scripts.py --seed 7 --calls 400 --out scripts.jsonl
"""

import argparse
import json
import random
import re

import blocks
import details

PARTS = ("tuning", "held-out")


class Call:
    """What one call is about: everything that its turns may say."""

    def __init__(self, rng, language, part):
        self.rng, self.language, self.part = rng, language, part
        d = details.Details(rng, language, part)
        self.values = {"N": d.name, "A": d.agent, "T": d.third}
        first, last = d.name.split(" ", 1)
        self.values |= {"F": first, "L": last}
        self.details = d

    def fill(self, text):
        """The text with its places filled, details marked as [[Kind:words]]."""

        def value(m):
            key = m[1]
            if key in self.values:
                return f"[[Person:{self.values[key]}]]"
            if key == "SL":
                return f"[[Person:{self.details.spelled(self.values['L'])}]]"
            if key == "SF":
                return f"[[Person:{self.details.spelled(self.values['F'])}]]"
            kind, said = self.details.said(key)
            return f"[[{kind}:{said}]]" if kind else said

        return re.sub(r"\{(\w+)\}", value, text)


def turns(call):
    """The turns of a call as (side, marked text)."""
    rng, b = call.rng, blocks.BLOCKS[call.language]

    def pick(kind):
        own = [x for i, x in enumerate(b[kind]) if PARTS[i % 2] == call.part]
        return rng.choice(own)

    plan = ["plain_open" if rng.random() < 0.16 else "open"]
    private = plan[0] == "plain_open"
    plan.append("problem")
    if not private:
        if rng.random() < 0.55:
            plan.append("spell")
        kinds = ["phone", "email", "card", "iban", "booking", "birth", "address", "account", "nid", "passport"]
        weights = [5, 5, 4, 3, 5, 4, 4, 4, 2, 2]
        for _ in range(rng.choice([1, 1, 2, 2, 3])):
            kind = rng.choices(kinds, weights)[0]
            if kind not in plan:
                plan.append(kind)
        if rng.random() < 0.4:
            plan.append("third")
    for _ in range(rng.choice([1, 1, 2])):
        plan.append("chat")
    plan.append("plain_close" if private else "close")
    return [(s, call.fill(t)) for kind in plan for s, t in pick(kind)]


def marks(text):
    """The text without its marks, and the details as (start, end, kind) in characters."""
    out, spans, at = [], [], 0
    size = 0
    for m in re.finditer(r"\[\[(\w+):(.*?)\]\]", text):
        out.append(text[at : m.start()])
        size += m.start() - at
        spans.append((size, size + len(m[2]), m[1]))
        out.append(m[2])
        size += len(m[2])
        at = m.end()
    out.append(text[at:])
    return "".join(out), spans


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--seed", type=int, default=7)
    p.add_argument("--calls", type=int, default=400)
    p.add_argument("--out", required=True)
    args = p.parse_args()
    with open(args.out, "w", encoding="utf-8") as f:
        for n in range(args.calls):
            rng = random.Random(args.seed * 100_000 + n)
            language, part = ("en", "de")[n // 2 % 2], PARTS[n % 2]
            call = Call(rng, language, part)
            rows = []
            for side, text in turns(call):
                said, spans = marks(text)
                rows.append({"side": side, "text": said, "spans": spans})
            json.dump({"call": n, "language": language, "part": part, "turns": rows}, f, ensure_ascii=False)
            f.write("\n")


if __name__ == "__main__":
    main()
