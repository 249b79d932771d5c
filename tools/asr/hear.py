"""Makes labelled call scripts into labelled transcripts: speaks each turn over a telephone line, hears it with the recognizer,
and carries the labels over.

    tools/asr/.venv/bin/python tools/asr/hear.py scripts.jsonl heard.jsonl

A script is a line of JSON, its texts as they are to be spoken ("oh seven seven", "B, E, R, G", "at example dot com"):

    {"id": "1", "language": "en", "turns": [{"side": "customer", "text": "...", "spans": [{"start": 11, "end": 16, "kind": "Person"}]}]}

Offsets are bytes of UTF-8, end exclusive. What comes out is the same with the text as heard, the spans in it, each with "heard":
"same", "other" words, or "lost" (start equals end); "said" has the turn as it went in. All other fields are kept. Calls that
the output has already are left out, so that an interrupted run goes on.
"""

import argparse
import json
import re
import zlib
from pathlib import Path

import align
import numpy as np
import speak
from server import load, transcribe

WINDOW = 26  # seconds of one side that are heard at once; the recognizer works in pieces of 30
PAUSE = np.zeros(round(0.8 * speak.RATE), dtype=np.float32)
VOICES = {"en": ("pico:en-GB", "pico:en-US"), "de": ("pico:de-DE:0.88:1.0", "pico:de-DE:1.12:0.95")}


def voice_of(call, side):
    """Gives a side's voice: the two of a language, and which of them is the agent's differs from call to call."""
    voices = VOICES[call["language"]]
    return voices[(zlib.crc32(call["id"].encode()) + (side == "agent")) % 2]


def windows(call):
    """Gives the turns of each side in groups that are heard at once, with their sound."""
    for side in dict.fromkeys(t.get("side", "") for t in call["turns"]):
        turns, sound, length = [], [], 0
        for turn in call["turns"]:
            if turn.get("side", "") != side or not turn["text"].strip():
                continue
            spoken = speak.through_telephone(speak.speak(turn["text"], voice_of(call, side)))
            if turns and length + len(spoken) > WINDOW * speak.RATE:
                yield turns, np.concatenate(sound)
                turns, sound, length = [], [], 0
            turns.append(turn)
            sound += [spoken, PAUSE]
            length += len(spoken) + len(PAUSE)
        if turns:
            yield turns, np.concatenate(sound)


def characters(text, spans):
    at = lambda offset: len(text.encode()[:offset].decode(errors="ignore"))
    return [{**s, "start": at(s["start"]), "end": at(s["end"])} for s in spans]


def utf8(text, spans):
    return [{**s, "start": len(text[: s["start"]].encode()), "end": len(text[: s["end"]].encode())} for s in spans]


def share(turns, heard):
    """Cuts what was heard in one window into the texts of its turns."""
    said = [(w, n) for n, turn in enumerate(turns) for w, _, _ in align.words(turn["text"])]
    found = align.words(heard)
    partner = align.align([w for w, _ in said], [w for w, _, _ in found])
    owner = {p: n for (_, n), p in zip(said, partner) if p is not None}
    texts, last = [[] for _ in turns], 0
    marks = [m.span() for m in re.finditer(r"\S+", heard)]
    place = {start: j for j, (_, start, _) in enumerate(found)}
    for start, end in marks:
        j = next((place[k] for k in range(start, end) if k in place), None)
        last = owner.get(j, last)
        texts[last].append(heard[start:end])
    return [" ".join(t) for t in texts]


def hear(call, model):
    heard = {}
    for turns, sound in windows(call):
        segments, _ = transcribe(model, sound, call["language"])
        text = " ".join(s.text.strip() for s in segments)
        for turn, part in zip(turns, share(turns, text)):
            heard[id(turn)] = part
    out = []
    for turn in call["turns"]:
        text, spans = heard.get(id(turn), ""), turn.get("spans", [])
        carried = align.project(turn["text"], characters(turn["text"], spans), text)
        out.append({**turn, "text": text, "spans": utf8(text, carried), "said": {"text": turn["text"], "spans": spans}})
    return {**call, "turns": out}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scripts", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    done = {json.loads(line)["id"] for line in args.out.open()} if args.out.exists() else set()
    model = load(threads=args.threads)
    with args.scripts.open() as scripts, args.out.open("a") as out:
        for line in scripts:
            call = json.loads(line)
            if call["id"] not in done:
                print(json.dumps(hear(call, model), ensure_ascii=False), file=out, flush=True)


if __name__ == "__main__":
    main()
