"""Speaks scripts of calls and has a recognizer write down what it hears, turn by turn.

Several turns are spoken into one recording with a pause between them, each side with a
voice of its own, every third call as a telephone carries it. What is heard is given
to the turns by the times of its words. The recognizer is a server with OpenAI's
protocol for transcriptions, such as tools/asr has.

    tools/asr/.venv/bin/python tools/calls/hear.py --scripts scripts.jsonl --out heard.jsonl --calls 0-160
"""

import argparse
import io
import json
import sys
import time
import urllib.error
import urllib.request
import uuid
import wave
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "asr"))
import speak  # noqa: E402

PAUSE = 0.7  # seconds between turns
WINDOW = 27  # the recognizer listens to 30 seconds at a time
VOICES = {
    "en": [("pico:en-GB", "piper:joe"), ("piper:joe", "pico:en-US:1.1:1"), ("pico:en-US", "pico:en-GB:0.85:0.95")],
    "de": [("pico:de-DE", "pico:de-DE:0.8:0.95"), ("pico:de-DE:0.85:1", "pico:de-DE:1.1:0.95")],
}


def windows(call):
    """Yields recordings of some turns: samples, and (turn, from, to) in seconds."""
    pair = VOICES[call["language"]][call["call"] // 4 % len(VOICES[call["language"]])]
    parts, places, at = [], [], 0.0
    for i, turn in enumerate(call["turns"]):
        samples = speak.speak(turn["text"], pair[0 if turn["side"] == "a" else 1])
        length = len(samples) / speak.RATE
        if parts and at + length > WINDOW:
            yield np.concatenate(parts), places
            parts, places, at = [], [], 0.0
        silence = np.zeros(int(PAUSE * speak.RATE), dtype=np.float32)
        parts += [samples, silence]
        places.append((i, at, at + length))
        at += length + PAUSE
    yield np.concatenate(parts), places


def recording(samples, telephone):
    if telephone:
        samples = speak.resample(speak.resample(samples, speak.RATE, speak.TELEPHONE, 300, 3400), speak.TELEPHONE, speak.RATE)
    out = io.BytesIO()
    with wave.open(out, "wb") as w:
        w.setnchannels(1)
        w.setsampwidth(2)
        w.setframerate(speak.RATE)
        w.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return out.getvalue()


def hear(server, wav, language):
    """Gives the words that the recognizer hears, as (text with its blank, middle in seconds)."""
    boundary = uuid.uuid4().hex
    fields = {"model": "whisper-base", "language": language, "response_format": "verbose_json", "timestamp_granularities[]": "word"}
    body = b"".join(f'--{boundary}\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n'.encode() for k, v in fields.items())
    body += f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="call.wav"\r\nContent-Type: audio/wav\r\n\r\n'.encode()
    body += wav + f"\r\n--{boundary}--\r\n".encode()
    request = urllib.request.Request(server + "/v1/audio/transcriptions", body, {"Content-Type": f"multipart/form-data; boundary={boundary}"})
    for attempt in range(20):
        try:
            with urllib.request.urlopen(request, timeout=300) as r:
                answer = json.load(r)
            return [(w["word"], (w["start"] + w["end"]) / 2) for w in answer.get("words") or []]
        except urllib.error.HTTPError as e:
            if e.code != 429:
                raise
        except urllib.error.URLError:
            if attempt == 19:
                raise
        time.sleep(3 + 2 * attempt)
    raise RuntimeError("the recognizer is busy")


def joined(words):
    """The words with blanks between them, but none before what goes on a word: "-lying", ".74"."""
    return "".join(w.strip() if w.strip()[:1] in set("-.,'%:") else " " + w.strip() for w in words).strip()


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--scripts", required=True)
    p.add_argument("--out", required=True)
    p.add_argument("--server", default="http://127.0.0.1:9191")
    p.add_argument("--calls", required=True, help="from-to, the second not included")
    args = p.parse_args()
    done = {json.loads(x)["call"] for x in open(args.out, encoding="utf-8")} if Path(args.out).exists() else set()
    first, last = (int(x) for x in args.calls.split("-"))
    for line in open(args.scripts, encoding="utf-8"):
        call = json.loads(line)
        if not first <= call["call"] < last or call["call"] in done:
            continue
        heard = [[] for _ in call["turns"]]
        for samples, places in windows(call):
            for word, middle in hear(args.server, recording(samples, call["call"] % 3 == 0), call["language"]):
                nearest = min(places, key=lambda p: max(p[1] - middle, middle - p[2], 0))
                heard[nearest[0]].append(word)
        with open(args.out, "a", encoding="utf-8") as f:
            json.dump({"call": call["call"], "heard": [joined(words) for words in heard]}, f, ensure_ascii=False)
            f.write("\n")


if __name__ == "__main__":
    main()
