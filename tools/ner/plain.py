"""Writes internal/anonymize/words/plain.txt: words that are no names.

A tweet of such words alone need not be shown to the model, and what the model
takes for a name and is such a word is none. A word is plain if the corpora have
it at least so many times outside names, or if it is in the encoder's vocabulary
and in Webster's second edition, and if they never have it in lower case inside a
name. One that may be a name with a capital is marked.
"""

import argparse
import re
from collections import Counter

from english_words import get_english_words_set

import corpora
import gazetteer
import generate
import model

HEAD = """# Words that are no names, in lower case, written by tools/ner/plain.py. A tweet of these words alone is not shown to the
# model. A word with a question mark may be a name with a capital, and is plain only in lower case.
"""


def listed():
    """The names in Faker's lists and those of the generator, in lower case."""
    return {n.lower() for n in generate.ROMANIZED_GIVEN + generate.ROMANIZED_LAST + generate.NICKNAMES} | gazetteer.faker(
        "first_names", "last_names", "first_names_male", "first_names_female", "first_names_nonbinary"
    )


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--corpora", required=True)
    p.add_argument("--out", required=True)
    p.add_argument("--least", type=int, default=3)
    args = p.parse_args()
    outside, inside, lower = Counter(), set(), set()
    texts = corpora.training(args.corpora)
    for t in texts:
        for m in re.finditer(r"[A-Za-z']+", t.text):
            word = m[0].lower().strip("'")
            if any(a < m.end() and m.start() < b for a, b in t.spans):
                inside.add(word)
                if m[0].islower():
                    lower.add(word)
            else:
                outside[word] += 1
    for sentence in generate.AGENT + generate.CUSTOMER:
        for word in re.findall(r"[a-z']+", sentence.lower()):
            outside[word.strip("'")] += args.least
    names = listed()
    dictionary = get_english_words_set(["web2"], alpha=True)
    vocabulary = {w for w in model.tokenizer().get_vocab() if w.islower() and w.isalpha() and w in dictionary and len(w) > 2}
    common = {w for w, n in outside.items() if n >= args.least and w and len(w) < 32}
    words = sorted((common | vocabulary) - lower)
    capital = names | inside | (vocabulary - common)
    lines, line = [], ""
    for w in words:
        w += "?" if w in capital else ""
        if len(line) + len(w) > 118:
            lines.append(line)
            line = ""
        line += (" " if line else "") + w
    with open(args.out, "w", encoding="ascii") as f:
        f.write(HEAD + "\n".join([*lines, line]) + "\n")
    print(f"{len(words)} words, {sum(w in capital for w in words)} of them in lower case alone")


if __name__ == "__main__":
    main()
