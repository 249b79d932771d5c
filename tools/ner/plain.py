"""Writes internal/anonymize/words/plain.txt: words that are no names.

A tweet of such words alone need not be shown to the model. A word is plain if
the corpora have it at least so many times outside names and never inside one.
One that is a name in some country is marked, for with a capital it may be one.
"""

import argparse
import re
from collections import Counter

import corpora
import generate
from faker import Faker
from faker.config import AVAILABLE_LOCALES

HEAD = """# Words that are no names, in lower case, written by tools/ner/plain.py. A tweet of these words alone is not shown to the
# model. A word with a question mark is a name in some country, and plain only in lower case.
"""


def listed():
    """The names in Faker's lists and those of the generator, in lower case."""
    names = {n.lower() for n in generate.ROMANIZED_GIVEN + generate.ROMANIZED_LAST + generate.NICKNAMES}
    for locale in AVAILABLE_LOCALES:
        for provider in Faker(locale).get_providers():
            for field in ("first_names", "last_names", "first_names_male", "first_names_female", "first_names_nonbinary"):
                for name in getattr(provider, field, ()):
                    names.update(re.findall(r"[a-z]+", corpora.clean(str(name)).text.lower()))
    return names


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--corpora", required=True)
    p.add_argument("--out", required=True)
    p.add_argument("--least", type=int, default=3)
    args = p.parse_args()
    outside, inside = Counter(), set()
    texts = corpora.training(args.corpora)
    for t in texts:
        for m in re.finditer(r"[A-Za-z']+", t.text):
            word = m[0].lower().strip("'")
            if any(a < m.end() and m.start() < b for a, b in t.spans):
                inside.add(word)
            else:
                outside[word] += 1
    for sentence in generate.AGENT + generate.CUSTOMER:
        for word in re.findall(r"[a-z']+", sentence.lower()):
            outside[word.strip("'")] += args.least
    names = listed()
    words = sorted(w for w, n in outside.items() if n >= args.least and w and w not in inside and len(w) < 32)
    lines, line = [], ""
    for w in words:
        w += "?" if w in names else ""
        if len(line) + len(w) > 118:
            lines.append(line)
            line = ""
        line += (" " if line else "") + w
    with open(args.out, "w", encoding="ascii") as f:
        f.write(HEAD + "\n".join([*lines, line]) + "\n")
    print(f"{len(words)} words, {sum(w in names for w in words)} of them names somewhere")


if __name__ == "__main__":
    main()
