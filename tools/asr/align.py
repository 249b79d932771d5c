"""Aligns what was said with what was heard, word by word, and carries labelled spans over.

A span goes to all that was heard in its place, be it another word: what stands where a name was said is a name for our purposes.
"""

import re
from difflib import SequenceMatcher
from functools import cache

# Words that a recognizer likes to write as signs or digits, so that they may vanish into a neighbour.
SIGNS = set("at dot dash hyphen underscore slash plus point punkt minus bindestrich unterstrich schrägstrich komma strich ät".split())
NUMBERS = set(
    "zero oh nought one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen "
    "nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand double triple "
    "null eins ein eine zwei zwo drei vier fünf sechs sieben acht neun zehn elf zwölf doppel hundert tausend".split()
)
NUMBER_PART = re.compile(r"(zig|ßig|zehn|hundert|tausend|ster|ten|teenth|tieth)$")


def words(text):
    """Gives the words of text as (normalized, start, end), signs at their edges left out."""
    found = []
    for token in re.finditer(r"\S+", text):
        inner = re.search(r"[\w+#@].*[\w+#@]|[\w+#@]", token.group())
        if inner:
            start, end = token.start() + inner.start(), token.start() + inner.end()
            found.append((re.sub(r"[^\w]", "", text[start:end].lower()) or text[start:end], start, end))
    return found


def is_number(word):
    return word in NUMBERS or bool(NUMBER_PART.search(word)) or word.isdigit()


@cache
def distance(said, heard):
    """Gives how unlike two words are, from 0 to 1."""
    if said == heard:
        return 0.0
    if any(c.isdigit() for c in heard) and is_number(said):
        return 0.2
    if len(said) == 1 or (len(said) > 2 and said in heard):
        return 0.3 if said in heard else 0.9
    return min(1.0, 1.1 - SequenceMatcher(None, said, heard, autojunk=False).ratio())


def dropped(said):
    """What it costs that a word was not heard: little, where it easily became part of another."""
    return 0.35 if len(said) == 1 or said in SIGNS or is_number(said) else 0.7


def align(said, heard):
    """Gives for each word that was said the index of the word that was heard for it, or None. Indexes rise."""
    inserted = 0.6
    rows, columns = len(said) + 1, len(heard) + 1
    cost = [[j * inserted for j in range(columns)]]
    for i in range(1, rows):
        above, gap = cost[-1], dropped(said[i - 1])
        row = [above[0] + gap]
        for j in range(1, columns):
            row.append(min(above[j - 1] + distance(said[i - 1], heard[j - 1]), above[j] + gap, row[j - 1] + inserted))
        cost.append(row)
    partner, i, j = [None] * len(said), len(said), len(heard)
    while i and j:
        if cost[i][j] == cost[i - 1][j - 1] + distance(said[i - 1], heard[j - 1]):
            i, j = i - 1, j - 1
            partner[i] = j
        elif cost[i][j] == cost[i - 1][j] + dropped(said[i - 1]):
            i -= 1
        else:
            j -= 1
    return partner


def place(first, last, said, heard, partner):
    """Gives the range of heard words for the words first to last that were said, end exclusive."""
    before = max((p for p in partner[:first] if p is not None), default=-1)
    after = min((p for p in partner[last + 1 :] if p is not None), default=len(heard))
    inside = [p for p in partner[first : last + 1] if p is not None]
    low, high = (inside[0], inside[-1] + 1) if inside else (before + 1, after)
    # A word too many beside one that was not heard as said belongs to it.
    if partner[first] is None or said[first] != heard[partner[first]]:
        low = before + 1
    if partner[last] is None or said[last] != heard[partner[last]]:
        high = after
    return low, high


def project(said_text, spans, heard_text):
    """Carries spans of said_text, {"start", "end", "kind"} in characters, to heard_text.

    Each comes out with how it was heard: "same" words, "other" words, or "lost", which is a span without length.
    """
    said, heard = words(said_text), words(heard_text)
    said_words, heard_words = [w for w, _, _ in said], [w for w, _, _ in heard]
    partner = align(said_words, heard_words)
    carried = []
    for span in spans:
        covered = [i for i, (_, start, end) in enumerate(said) if start < span["end"] and end > span["start"]]
        if not covered:
            continue
        first, last = covered[0], covered[-1]
        low, high = place(first, last, said_words, heard_words, partner)
        if low >= high:
            at = heard[low][1] if low < len(heard) else len(heard_text)
            carried.append({"start": at, "end": at, "kind": span["kind"], "heard": "lost"})
            continue
        same = heard_words[low:high] == said_words[first : last + 1]
        start, end = heard[low][1], heard[high - 1][2]
        # Of a word that is labelled in part, such as Miller's, so much is labelled again.
        if same and (rest := said[last][2] - span["end"]) > 0 and heard_text[:end].endswith(said_text[span["end"] : said[last][2]]):
            end -= rest
        if same and (lead := span["start"] - said[first][1]) > 0 and heard_text[start:].startswith(said_text[said[first][1] : span["start"]]):
            start += lead
        carried.append({"start": start, "end": end, "kind": span["kind"], "heard": "same" if same else "other"})
    return carried
