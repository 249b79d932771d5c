"""The lines that the model server and this program exchange, and their failures.

What is said of a failure is a code and its fixed sentence: the words of an example, or of an exception that may
quote them, never leave this process.
"""

import errno
import hashlib
import json
import math
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, BinaryIO

SENTENCES = {
    "bad_model": "The base model cannot be used: it has to be a folder with config.json, safetensors and a tokenizer, or one GGUF file, of the kind that was named.",
    "bad_adapter": "The fine-tuned weights cannot be read, or do not fit the base model.",
    "bad_example": "An example cannot be used, or there is none to train on.",
    "no_label": "An example has a label that is not in the list of labels, or the list has fewer than two.",
    "out_of_memory": "There is too little memory: use a smaller model, a smaller batch or shorter texts.",
    "internal": "The trainer failed; its log says where.",
}

# How long the server hears nothing at most while work goes on, in seconds.
QUIET = 10.0


class Failure(Exception):
    """Work that cannot go on; code is one of SENTENCES."""

    def __init__(self, code: str):
        super().__init__(SENTENCES[code])
        self.code = code


class Stopped(BaseException):
    """The server asked for an end, or is gone. No library takes it for an error of its own."""


class Line:
    """Writes messages to the server, each as one line, from one thread."""

    def __init__(self, out: BinaryIO):
        self.out, self.last = out, time.monotonic()

    def say(self, **message: Any) -> None:
        """Writes a message; one that nobody reads any more is dropped."""
        self.last = time.monotonic()
        try:
            self.out.write(json.dumps(message, allow_nan=False).encode() + b"\n")
            self.out.flush()
        except BrokenPipeError:
            pass

    def alive(self) -> None:
        """Says so if nothing else was said for a while."""
        if time.monotonic() - self.last >= QUIET:
            self.say(type="alive")


def take_stdout() -> Line:
    """Keeps standard output for messages: what libraries print goes to standard error."""
    sys.stdout.flush()
    own = os.dup(1)
    os.dup2(2, 1)
    return Line(os.fdopen(own, "wb"))


class Stop:
    """Whether to end: after SIGTERM, or when the server that holds standard input open is gone."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        # While nothing is under way that must be finished, SIGTERM interrupts; later it is looked for.
        self.interrupts = True

    def on_sigterm(self) -> None:
        signal.signal(signal.SIGTERM, self._signalled)

    def _signalled(self, *_: object) -> None:
        self.asked.set()
        if self.interrupts:
            raise Stopped

    def on_end_of(self, descriptor: int) -> None:
        """Watches for the end of an input of which nothing more is expected."""

        def watch() -> None:
            while os.read(descriptor, 4096):
                pass
            self.asked.set()

        threading.Thread(target=watch, daemon=True).start()


@dataclass(frozen=True)
class Job:
    """What is to be trained: a job line. max_tokens bounds a text, not the prompt around it; threads is 0 for torch's own choice."""

    base: str
    kind: str
    labels: tuple[str, ...]
    epochs: int
    batch_size: int
    learning_rate_multiplier: float
    seed: int
    max_tokens: int
    threads: int = 0

    def __post_init__(self) -> None:
        whole = (self.epochs, self.batch_size, self.max_tokens)
        if not all(type(n) is int and n >= 1 for n in whole) or type(self.seed) is not int or type(self.threads) is not int or self.threads < 0:
            raise Failure("internal")
        rate = self.learning_rate_multiplier
        if type(rate) not in (int, float) or not math.isfinite(rate) or rate <= 0 or not isinstance(self.base, str):
            raise Failure("internal")
        if len(self.labels) < 2 or not all(isinstance(label, str) and label for label in self.labels) or len(set(self.labels)) != len(self.labels):
            raise Failure("no_label")


@dataclass(frozen=True)
class Example:
    """A text with the number of its label. One of weight 0 counts for nothing."""

    text: str
    label: int
    weight: float


@dataclass(frozen=True)
class Work:
    """A job with its examples. sha256 is the same for the same work, whatever the number of threads."""

    job: Job
    train: list[Example]
    validation: list[Example]
    sha256: str


def read_work(lines: Iterator[bytes]) -> Work:
    """Reads a job line, its examples and the end line. Raises Stopped if the input ends before."""
    told = _parse(next(lines, None), "internal")
    if told.pop("type", None) != "job" or not isinstance(told.get("labels"), list) or set(told) - {f.name for f in fields(Job)}:
        raise Failure("internal")
    try:
        job = Job(**{**told, "labels": tuple(told["labels"])})
    except TypeError:  # a field is missing, or a label is no string
        raise Failure("internal") from None
    digest = hashlib.sha256(json.dumps({**told, "threads": None}, sort_keys=True).encode())
    numbers = {label: i for i, label in enumerate(job.labels)}
    sets: dict[str, list[Example]] = {"train": [], "validation": []}
    while (message := _parse(next(lines, None), "bad_example")).get("type") != "end":
        kind, example = _example(message, numbers)
        sets[kind].append(example)
        digest.update(json.dumps(message, sort_keys=True).encode())
    if not any(e.weight > 0 for e in sets["train"]):
        raise Failure("bad_example")
    return Work(job, sets["train"], sets["validation"], digest.hexdigest())


def _parse(line: bytes | None, code: str) -> dict[str, Any]:
    if not line:
        raise Stopped
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        raise Failure(code) from None
    if not isinstance(message, dict):
        raise Failure(code)
    return message


def _example(message: dict[str, Any], numbers: dict[str, int]) -> tuple[str, Example]:
    kind, text, label, weight = message.get("set"), message.get("text"), message.get("label"), message.get("weight", 1)
    if message.get("type") != "example" or kind not in ("train", "validation") or not isinstance(text, str) or not isinstance(label, str):
        raise Failure("bad_example")
    if type(weight) not in (int, float) or not math.isfinite(weight) or weight < 0:
        raise Failure("bad_example")
    if label not in numbers:
        raise Failure("no_label")
    return kind, Example(encodable(text), numbers[label], float(weight))


def encodable(text: str) -> str:
    """The text without halves of surrogate pairs, which JSON can carry and no tokenizer takes."""
    return text.encode("utf-8", "replace").decode()


def code_of(error: BaseException) -> str:
    """The code that an error of a library stands for."""
    if isinstance(error, Failure):
        return error.code
    said = str(error).lower()
    starved = ("out of memory", "can't allocate memory", "cannot allocate memory", "not enough memory", "bad_alloc")
    if isinstance(error, MemoryError) or getattr(error, "errno", None) == errno.ENOMEM or any(s in said for s in starved):
        return "out_of_memory"
    return "internal"


def log(event: str, error: BaseException | None = None) -> None:
    """Writes a line to standard error: of an error its type and where it came from, not what it says."""
    where = []
    at = error.__traceback__ if error else None
    while at:
        where.append(f"{Path(at.tb_frame.f_code.co_filename).name}:{at.tb_lineno}")
        at = at.tb_next
    print(json.dumps({"event": event} | ({"error": type(error).__name__, "at": where[-8:]} if error else {})), file=sys.stderr, flush=True)
