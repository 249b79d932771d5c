"""Makes the recordings of datasets/sample/calls from their scripts.

    tools/asr/.venv/bin/python tools/asr/record.py datasets/sample/calls-recorded.jsonl datasets/sample/calls/audio

WAV, 8 kHz, mu-law; of two channels the left one is the customer's. SVOX Pico speaks, whose voices are under the Apache licence.
"""

import json
import sys
import zlib
from pathlib import Path

import numpy as np
import speak

PAUSE = 0.4  # seconds between turns
VOICES = {"en": ("pico:en-GB", "pico:en-US"), "de": ("pico:de-DE:0.88:1.0", "pico:de-DE:1.12:0.95")}


def voice_of(call, side):
    """Gives a side's voice: the two of a language, and which of them is the agent's differs from call to call."""
    return VOICES[call["language"]][(zlib.crc32(call["id"].encode()) + (side == "agent")) % 2]


def trimmed(codes):
    """Gives telephone sound without the silence at its ends, but for a tenth of a second."""
    loud = np.flatnonzero(np.abs(speak.from_mu_law(codes)) > 0.01)
    margin = speak.TELEPHONE // 10
    return codes[max(0, loud[0] - margin) : loud[-1] + margin]


def record(call):
    silence = np.full(round(PAUSE * speak.TELEPHONE), 0xFF, dtype=np.uint8)
    channels = [[silence] for _ in range(call["channels"])]
    for turn in call["turns"]:
        spoken = trimmed(speak.telephone(speak.speak(turn["text"], voice_of(call, turn["side"]))))
        own = 1 if len(channels) == 2 and turn["side"] == "agent" else 0
        for n, channel in enumerate(channels):
            channel += [spoken if n == own else np.full(len(spoken), 0xFF, dtype=np.uint8), silence]
    return speak.wav([np.concatenate(c) for c in channels])


def main(scripts, out):
    out.mkdir(parents=True, exist_ok=True)
    for line in scripts.open():
        call = json.loads(line)
        (out / f"{call['id']}.wav").write_bytes(record(call))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*map(Path, sys.argv[1:]))
