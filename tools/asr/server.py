"""Serves a speech recognizer by OpenAI's protocol: POST /v1/audio/transcriptions, GET /v1/models, GET /health.

    tools/asr/install
    tools/asr/.venv/bin/python tools/asr/server.py --listen 127.0.0.1:9191

Audio is held in memory for the time of its request and written nowhere. What was said is in the answer alone: a line of the
log has the status, lengths and times, and no name of a file, no prompt, no text.
"""

import argparse
import asyncio
import io
import itertools
import logging
import sys
import time
from pathlib import Path

import av
import numpy as np
import uvicorn
from faster_whisper import WhisperModel
from faster_whisper.tokenizer import _LANGUAGE_CODES
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route

MODEL = "whisper-base"
DEFAULT = Path(sys.prefix) / "model"  # where install puts it
RATE = 16000
FORMATS = ("json", "text", "verbose_json")
GRANULARITIES = {"segment", "word"}

log = logging.getLogger("asr")


class Refused(Exception):
    """A request that is answered with an error of the protocol. Its words quote nothing of the request."""

    def __init__(self, status, code, message):
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


def refusal(error):
    kind = "invalid_request_error" if error.status < 500 and error.status != 429 else "server_error"
    headers = {"Retry-After": "2"} if error.status == 429 else {}
    body = {"error": {"message": error.message, "type": kind, "param": None, "code": error.code}}
    return JSONResponse(body, error.status, headers)


async def read_form(request, limit):
    """Reads a multipart form of at most limit bytes, all of it in memory."""
    received = 0

    async def chunks():
        nonlocal received
        async for chunk in request.stream():
            received += len(chunk)
            if received > limit:
                raise Refused(413, "file_too_large", f"The request is larger than {limit} bytes.")
            yield chunk

    parser = MultiPartParser(request.headers, chunks(), max_files=1, max_fields=20, max_part_size=1 << 16)
    parser.spool_max_size = limit + 1  # a larger part would go to a temporary file
    try:
        return await parser.parse()
    except (MultiPartException, KeyError, ValueError):
        raise Refused(400, "invalid_form", "The body is no multipart form.") from None


def options_of(form):
    """Gives what a request asks for, or refuses what this server cannot do."""
    response_format = form.get("response_format") or "json"
    language = form.get("language") or None
    granularities = set(form.getlist("timestamp_granularities[]"))
    if not hasattr(form.get("file"), "read"):
        raise Refused(400, "missing_file", "The form has no file.")
    if form.get("model") != MODEL:
        raise Refused(404, "model_not_found", f"The only model is {MODEL}.")
    if response_format not in FORMATS:
        raise Refused(400, "invalid_response_format", f"response_format must be one of {', '.join(FORMATS)}.")
    if language is not None and language not in _LANGUAGE_CODES:
        raise Refused(400, "invalid_language", "language must be a code of ISO 639-1, such as de.")
    if not granularities <= GRANULARITIES:
        raise Refused(400, "invalid_granularity", "timestamp_granularities[] must be segment or word.")
    try:
        temperature = float(form.get("temperature") or 0)
    except ValueError:
        temperature = -1
    if not 0 <= temperature <= 1:
        raise Refused(400, "invalid_temperature", "temperature must be a number from 0 to 1.")
    return {
        "response_format": response_format,
        "language": language,
        "prompt": form.get("prompt") or None,
        "words": "word" in granularities,
        "temperature": temperature,
    }


async def asked(request, limit):
    """Gives what a request asks for, and its file."""
    form = await read_form(request, limit)
    try:
        return options_of(form), await form["file"].read()
    finally:
        await form.close()


def decode(content, max_seconds):
    """Gives audio of any format as samples of one channel. It stops early at what unpacks to more than max_seconds."""
    pieces, samples = [], 0
    try:
        with av.open(io.BytesIO(content), mode="r", metadata_errors="ignore") as container:
            resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
            frames = itertools.chain(container.decode(audio=0), [None])
            for frame in frames:
                for piece in resampler.resample(frame):
                    pieces.append(piece.to_ndarray().reshape(-1))
                    samples += pieces[-1].size
                if samples > max_seconds * RATE:
                    raise Refused(413, "audio_too_long", f"The audio is longer than {max_seconds} seconds.")
    except (av.FFmpegError, IndexError, ValueError):
        if not pieces:
            raise Refused(415, "invalid_audio", "The file is no audio that can be read.") from None
        # What is cut off or damaged at its end is heard up to there.
    if not samples:
        raise Refused(415, "invalid_audio", "The file has no audio.")
    return np.concatenate(pieces).astype(np.float32) / 32768


def load(folder=DEFAULT, threads=1, places=1):
    """Loads the model from its folder."""
    return WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=threads, num_workers=places)


def transcribe(model, samples, language=None, prompt=None, words=False, temperature=0):
    """Hears samples at RATE. Earlier text is no context: a model this small falls into repeating it."""
    chosen = {"temperature": temperature} if temperature else {}
    segments, info = model.transcribe(
        samples, language=language, initial_prompt=prompt, word_timestamps=words, condition_on_previous_text=False, **chosen
    )
    return list(segments), info


class Recognizer:
    """Hears one recording at a time in each of its places; who comes when the queue is full is told to come again."""

    def __init__(self, folder, threads, places, queue):
        self.model = load(folder, threads, places)
        self.places = asyncio.Semaphore(places)
        self.room = places + queue
        self.inside = 0

    async def hear(self, request, content, max_seconds, options):
        if self.inside >= self.room:
            raise Refused(429, "too_many_requests", "Too many requests are waiting; come again.")
        self.inside += 1
        try:
            async with self.places:
                if await request.is_disconnected():
                    raise Refused(499, "gone", "The client has gone.")
                return await asyncio.to_thread(self._hear, content, max_seconds, options)
        finally:
            self.inside -= 1

    def _hear(self, content, max_seconds, options):
        asked = {key: options[key] for key in ("language", "prompt", "words", "temperature")}
        return transcribe(self.model, decode(content, max_seconds), **asked)


def answer(segments, info, options):
    text = "".join(s.text for s in segments).strip()
    if options["response_format"] == "text":
        return PlainTextResponse(text + "\n")
    if options["response_format"] == "json":
        return JSONResponse({"text": text})
    body = {
        "task": "transcribe",
        "language": info.language,
        "duration": round(info.duration, 3),
        "text": text,
        "segments": [
            {
                "id": i,
                "seek": s.seek,
                "start": round(s.start, 3),
                "end": round(s.end, 3),
                "text": s.text,
                "tokens": s.tokens,
                "temperature": s.temperature,
                "avg_logprob": s.avg_logprob,
                "compression_ratio": s.compression_ratio,
                "no_speech_prob": s.no_speech_prob,
            }
            for i, s in enumerate(segments)
        ],
    }
    if options["words"]:
        body["words"] = [
            {"word": w.word.strip(), "start": round(float(w.start), 3), "end": round(float(w.end), 3)}
            for s in segments
            for w in s.words
        ]
    return JSONResponse(body)


def application(recognizer, max_bytes, max_seconds):
    async def transcriptions(request):
        began, heard, size = time.monotonic(), 0.0, 0
        try:
            options, content = await asked(request, max_bytes)
            size = len(content)
            segments, info = await recognizer.hear(request, content, max_seconds, options)
            heard, response = info.duration, answer(segments, info, options)
        except Refused as error:
            response = refusal(error)
        except Exception as error:  # its words may quote the audio's; its kind does not
            log.error("a request failed: %s", type(error).__name__)
            response = refusal(Refused(500, "internal_error", "The audio could not be transcribed."))
        log.info("status %d, %d bytes, %.1f s of audio, took %.1f s", response.status_code, size, heard, time.monotonic() - began)
        return response

    async def models(_):
        return JSONResponse({"object": "list", "data": [{"id": MODEL, "object": "model", "created": 0, "owned_by": "openai"}]})

    async def health(_):
        return JSONResponse({"status": "ok"})

    async def not_found(_, error: HTTPException):
        return refusal(Refused(error.status_code, "not_found", "There is no such path or method."))

    return Starlette(
        routes=[
            Route("/v1/audio/transcriptions", transcriptions, methods=["POST"]),
            Route("/v1/models", models),
            Route("/health", health),
        ],
        exception_handlers={404: not_found, 405: not_found},
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--listen", default="127.0.0.1:9191", help="host and port (default %(default)s)")
    parser.add_argument("--model", type=Path, default=DEFAULT, help="folder of the model (default: where install puts it)")
    parser.add_argument("--threads", type=int, default=1, help="threads for one recording (default %(default)s)")
    parser.add_argument("--parallel", type=int, default=1, help="recordings heard at a time (default %(default)s)")
    parser.add_argument("--queue", type=int, default=32, help="requests that may wait; more are answered 429 (default %(default)s)")
    parser.add_argument("--max-bytes", type=int, default=25 << 20, help="longest request (default %(default)s)")
    parser.add_argument("--max-seconds", type=int, default=7200, help="longest audio (default %(default)s)")
    args = parser.parse_args()
    host, _, port = args.listen.rpartition(":")
    if not port.isdigit() or not (args.model / "model.bin").is_file():
        parser.error("give --listen HOST:PORT, and a folder with model.bin: run tools/asr/install first")
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    log.setLevel(logging.INFO)
    recognizer = Recognizer(args.model, args.threads, args.parallel, args.queue)
    log.info("%s listens on %s", MODEL, args.listen)
    uvicorn.run(
        application(recognizer, args.max_bytes, args.max_seconds),
        host=host.strip("[]"), port=int(port), log_level="warning", access_log=False, timeout_graceful_shutdown=5,
    )


if __name__ == "__main__":
    main()
