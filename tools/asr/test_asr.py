"""    tools/asr/.venv/bin/python -m unittest discover -s tools/asr

The recognizer itself is run: the model has to be installed.
"""

import http.client
import io
import json
import logging
import threading
import time
import unittest
import wave

import numpy as np
import server
import speak
import uvicorn


def tone(seconds, rate=speak.RATE):
    return (0.3 * np.sin(2 * np.pi * 440 * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def pcm_wav(samples):
    out = io.BytesIO()
    with wave.open(out, "wb") as w:
        w.setnchannels(1)
        w.setsampwidth(2)
        w.setframerate(speak.RATE)
        w.writeframes((samples * 32767).astype("<i2").tobytes())
    return out.getvalue()


class Telephone(unittest.TestCase):
    def test_mu_law_keeps_every_code(self):
        codes = np.arange(256, dtype=np.uint8)
        again = speak.mu_law(speak.from_mu_law(codes))
        codes[0x7F] = 0xFF  # minus zero is zero
        np.testing.assert_array_equal(again, codes)

    def test_the_line_carries_a_voice_and_no_rumble(self):
        rumble = np.sin(2 * np.pi * 50 * np.arange(speak.RATE) / speak.RATE).astype(np.float32)
        mixed = speak.through_telephone(tone(1) + rumble)
        self.assertGreater(np.abs(np.fft.rfft(mixed))[440], 100 * np.abs(np.fft.rfft(mixed))[50])

    def test_wav_has_its_channels(self):
        data = speak.wav([np.zeros(3, np.uint8), np.ones(3, np.uint8)])
        self.assertEqual((data[20:24], data[-6:]), (b"\7\0\2\0", b"\0\1" * 3))
        self.assertEqual(int.from_bytes(data[4:8], "little"), len(data) - 8)


class Server(unittest.TestCase):
    LIMIT, SECONDS = 1 << 20, 20

    @classmethod
    def setUpClass(cls):
        cls.logged = io.StringIO()
        server.log.addHandler(logging.StreamHandler(cls.logged))
        server.log.setLevel(logging.INFO)
        server.log.propagate = False
        app = server.application(server.Recognizer(server.DEFAULT, 1, 1, 1), cls.LIMIT, cls.SECONDS)
        cls.uvicorn = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error"))
        cls.thread = threading.Thread(target=cls.uvicorn.run)
        cls.thread.start()
        while not cls.uvicorn.started:
            time.sleep(0.01)
        cls.port = cls.uvicorn.servers[0].sockets[0].getsockname()[1]

    @classmethod
    def tearDownClass(cls):
        cls.uvicorn.should_exit = True
        cls.thread.join()

    def ask(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        connection.request(method, path, body, headers or {}, encode_chunked=False)
        response = connection.getresponse()
        content = response.read()
        connection.close()
        return response.status, json.loads(content) if content.startswith(b"{") else content.decode()

    def transcribe(self, audio=None, **fields):
        fields = {"model": "whisper-base", "language": "en", **fields}
        parts = [f'--x\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n'.encode() for k, v in fields.items() if v is not None]
        if audio is not None:
            parts += [b'--x\r\nContent-Disposition: form-data; name="file"; filename="Naomi.wav"\r\n\r\n', audio, b"\r\n"]
        headers = {"Content-Type": "multipart/form-data; boundary=x"}
        return self.ask("POST", "/v1/audio/transcriptions", b"".join(parts) + b"--x--\r\n", headers)

    def test_it_hears(self):
        audio = pcm_wav(speak.speak("Good morning, where is my parcel?", "pico:en-GB"))
        status, answer = self.transcribe(audio, response_format="verbose_json", **{"timestamp_granularities[]": "word"})
        self.assertEqual(status, 200)
        self.assertIn("parcel", answer["text"].lower())
        self.assertEqual(answer["language"], "en")
        self.assertEqual(answer["words"][0]["word"].strip(",").lower(), "good")
        self.assertIn("no_speech_prob", answer["segments"][0])
        self.assertNotIn("parcel", self.logged.getvalue().lower())
        self.assertNotIn("Naomi", self.logged.getvalue())

    def test_it_hears_mu_law_of_two_channels_and_what_is_cut(self):
        codes = speak.telephone(speak.speak("Good morning, where is my parcel?", "pico:en-GB"))
        stereo = speak.wav([codes, np.full(len(codes), 0xFF, np.uint8)])
        status, answer = self.transcribe(stereo[:-1001])
        self.assertEqual(status, 200)
        self.assertIn("good morning", answer["text"].lower())

    def test_it_refuses(self):
        sound = pcm_wav(tone(1))
        for name, status, code, ask in (
            ("another model", 404, "model_not_found", lambda: self.transcribe(sound, model="other")),
            ("no file", 400, "missing_file", lambda: self.transcribe()),
            ("a form", 400, "invalid_response_format", lambda: self.transcribe(sound, response_format="srt")),
            ("a language", 400, "invalid_language", lambda: self.transcribe(sound, language="german")),
            ("a granularity", 400, "invalid_granularity", lambda: self.transcribe(sound, **{"timestamp_granularities[]": "letter"})),
            ("heat", 400, "invalid_temperature", lambda: self.transcribe(sound, temperature="nan")),
            ("noise for a file", 415, "invalid_audio", lambda: self.transcribe(bytes(range(256)) * 20)),
            ("an empty file", 415, "invalid_audio", lambda: self.transcribe(b"")),
            ("too many bytes", 413, "file_too_large", lambda: self.transcribe(bytes(self.LIMIT))),
            ("too long", 413, "audio_too_long", lambda: self.transcribe(speak.wav([np.full(8000 * (self.SECONDS + 1), 0xFF, np.uint8)]))),
            ("no form", 400, "invalid_form", lambda: self.ask("POST", "/v1/audio/transcriptions", b"{}", {"Content-Type": "application/json"})),
            ("no path", 404, "not_found", lambda: self.ask("GET", "/v1/chat/completions")),
            ("no method", 405, "not_found", lambda: self.ask("GET", "/v1/audio/transcriptions")),
        ):
            with self.subTest(name):
                got, answer = ask()
                self.assertEqual((got, answer["error"]["code"]), (status, code))

    def test_it_tells_of_itself(self):
        self.assertEqual(self.ask("GET", "/health"), (200, {"status": "ok"}))
        self.assertEqual(self.ask("GET", "/v1/models")[1]["data"][0]["id"], "whisper-base")


if __name__ == "__main__":
    unittest.main()
