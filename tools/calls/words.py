"""Writes the word lists for calls of internal/anonymize/words: english.txt and
german.txt, words that are no names, and german-names.txt, names that the gazetteer
lacks.

    pip install textblob==0.20.1 textblob-de==0.4.3 mimesis==22.2.0 faker==40.63.0
    npm pack @faker-js/faker@10.6.0
    python tools/calls/words.py --fakerjs package/dist/de-*.js
"""

import argparse
import importlib
import importlib.util
import json
import re
import unicodedata
from pathlib import Path

import mimesis

WORDS = Path(__file__).parents[2] / "internal/anonymize/words"
GAZETTEER = Path(__file__).parents[2] / "internal/anonymize/gazetteer/words.txt"
COMMON = """# German words that are no names, in lower case and without umlauts, written by tools/calls/words.py from the lexicon of
# G. Schneider and M. Volk (1998), which Pattern and textblob-de carry (BSD and MIT licences); proper nouns are left out.
"""
ENGLISH = """# English words that are no names, in lower case, besides plain.txt and common.txt, written by tools/calls/words.py from the
# lexicon of E. Brill's tagger (Massachusetts Institute of Technology and University of Pennsylvania, 1993, MIT licence) with
# words of TweetNLP (CC BY 3.0), which textblob carries (MIT); proper nouns are left out.
"""
NAMES = """# German given names, and family names behind the +, in lower case and without umlauts, as far as the gazetteer lacks
# them. Written by tools/calls/words.py from the lists of Faker, faker-js and mimesis (MIT licence each).
"""
# Tags of Schneider and Volk for what is no word or a name.
NO_WORDS = {"NE", "CARDNUM", "XY", "TRUNC", "SGML", "FM"}


def fold(word):
    """The word as the anonymizer looks it up."""
    word = unicodedata.normalize("NFD", word.replace("ß", "ss").lower())
    return "".join(c for c in word if unicodedata.category(c) != "Mn")


def is_word(word):
    return re.fullmatch("[a-z]{2,31}", word)


def lines(words, width=120):
    out, line = [], ""
    for w in sorted(words):
        if len(line) + 1 + len(w) > width:
            out.append(line)
            line = ""
        line = f"{line} {w}".strip()
    return "\n".join([*out, line]) + "\n"


def english():
    """The words of Brill's lexicon that the lists for tweets lack."""
    lexicon = Path(importlib.util.find_spec("textblob").origin).parent / "en/en-lexicon.txt"
    words = set()
    for row in lexicon.read_text(encoding="utf-8").splitlines():
        fields = row.split()
        if len(fields) > 1 and not row.startswith(";;;") and is_word(fields[0]) and not fields[1].startswith("NNP"):
            words.add(fields[0])
    for name in ("plain.txt", "common.txt"):
        for row in (WORDS / name).read_text(encoding="ascii").splitlines():
            words -= {w.strip("?") for w in row.split("#")[0].split()}
    return words


def common():
    # The package itself does not load beside a present textblob.
    lexicon = Path(importlib.util.find_spec("textblob_de").origin).parent / "ext/_pattern/text/de/de-lexicon.txt"
    words, names = set(), set()
    for row in lexicon.read_text(encoding="utf-8").splitlines():
        fields = row.split()
        if row.startswith(";;;") or len(fields) < 2:
            continue
        word = fold(fields[0])
        if is_word(word):
            (names if fields[1] in NO_WORDS else words).add(word)
    return words


def german_names(fakerjs):
    given, family = set(), set()
    for place in ("de_DE", "de_AT", "de_CH"):
        provider = importlib.import_module(f"faker.providers.person.{place}").Provider
        given |= set(provider.first_names)
        family |= set(provider.last_names)
    person = json.loads((Path(mimesis.__file__).parent / "datasets/de/person.json").read_text(encoding="utf-8"))
    family |= set(person["surnames"])
    for list_ in person["names"].values():
        given |= set(list_)
    script = Path(fakerjs).read_text(encoding="utf-8")
    for field, into in (("first_name", given), ("last_name", family)):
        for found in re.findall(field + r":\{(.*?)\}", script):
            for list_ in re.findall(r"`([^`]*)`", found):
                into |= set(list_.split("."))
    return [{fold(p) for n in names for p in re.split(r"[ -]", n) if is_word(fold(p))} for names in (given, family)]


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--fakerjs", required=True)
    args = p.parse_args()
    known = set(GAZETTEER.read_text(encoding="ascii").split())
    given, family = german_names(args.fakerjs)
    (WORDS / "english.txt").write_text(ENGLISH + lines(english()), encoding="ascii")
    (WORDS / "german.txt").write_text(COMMON + lines(common()), encoding="ascii")
    text = NAMES + lines(given - known) + "+\n" + lines(family - given - known)
    (WORDS / "german-names.txt").write_text(text, encoding="ascii")


if __name__ == "__main__":
    main()
