"""Measures how many words the recognizer gets wrong of each voice, at 16 kHz and over a telephone line.

    tools/asr/.venv/bin/python tools/asr/wer.py [VOICE ...]

Sentences are those of sentences/: the first 24 of a language are plain, the last 6 have names, spelled names, numbers, an address.
Words are compared in small letters and without signs; 0151 for "null eins fünf eins" is wrong, as it is in the details.
"""

import argparse
import re
from pathlib import Path

import jiwer
import speak
from server import load, transcribe

VOICES = {
    "de": ["pico:de-DE", "espeak:de"],
    "en": ["pico:en-GB", "pico:en-US", "piper:joe", "espeak:en-gb"],
}
PLAIN = 24


def normalized(text):
    return " ".join(re.sub(r"[^\w\s]", " ", text.lower().replace("-", "")).split())


def rate(said, heard):
    words = jiwer.process_words(said, heard)
    return (words.substitutions + words.deletions + words.insertions) / sum(len(s.split()) for s in said)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("voices", nargs="*", help="those to measure (default: all)")
    parser.add_argument("--show", action="store_true", help="print what was heard")
    args = parser.parse_args()
    model = load()
    print(f"{'voice':14} {'band':>9} {'plain':>7} {'details':>8} {'all':>7}", flush=True)
    for language, voices in VOICES.items():
        lines = (Path(__file__).parent / "sentences" / f"{language}.txt").read_text().splitlines()
        said = [normalized(s) for s in lines]
        for voice in (v for v in voices if not args.voices or v in args.voices):
            sounds = [speak.speak(s, voice) for s in lines]
            for band, change in (("16 kHz", lambda s: s), ("telephone", speak.through_telephone)):
                heard = [normalized(" ".join(x.text for x in transcribe(model, change(s), language)[0])) for s in sounds]
                figures = [rate(said[:PLAIN], heard[:PLAIN]), rate(said[PLAIN:], heard[PLAIN:]), rate(said, heard)]
                print(f"{voice:14} {band:>9} {figures[0]:7.1%} {figures[1]:8.1%} {figures[2]:7.1%}", flush=True)
                if args.show:
                    print("\n".join("    " + h for h in heard), flush=True)


if __name__ == "__main__":
    main()
