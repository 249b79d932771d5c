"""Answers: texts in, log-probabilities of the labels out, with several adapters on one base."""

import json
from collections import OrderedDict
from pathlib import Path
from typing import Any, BinaryIO

import torch

from .base import Source, device, device_name
from .causal import LORA, Causal, CausalBase
from .encoder import Encoder
from .protocol import Failure, Line, code_of, log
from .state import read_adapter
from .train import CPU_TOKENS, GPU_TOKENS, Learner, packed

# How many adapters stay loaded.
KEPT = 8


class Adapters:
    """The models of one base that were asked last, by their folders."""

    def __init__(self, source: Source):
        self.source = source
        self.base = CausalBase(source) if source.kind == "causal" else None
        self.kept: OrderedDict[str, tuple[Learner, int]] = OrderedDict()
        self.numbered = 0

    def get(self, folder: str) -> tuple[Learner, int]:
        """The model of a folder, and how much of a text it reads. Raises Failure if it cannot be read or is of another base."""
        if folder not in self.kept:
            self.kept[folder] = self._load(Path(folder))
            if len(self.kept) > KEPT:
                self._drop(next(iter(self.kept)))
        self.kept.move_to_end(folder)
        return self.kept[folder]

    def _load(self, folder: Path) -> tuple[Learner, int]:
        weights, told = read_adapter(folder)
        if told.get("kind") != self.source.kind:
            raise Failure("bad_adapter")
        labels = tuple(told["labels"])
        if self.base is None:
            encoder = Encoder(self.source, labels)
            encoder.load(weights)
            return encoder, told["max_tokens"]
        self.numbered += 1
        name = f"adapter{self.numbered}"
        prompt, lora = told.get("prompt"), told.get("lora")
        if not isinstance(prompt, str) or prompt.count("{}") != 1 or not isinstance(lora, dict) or set(lora) != set(LORA):
            raise Failure("bad_adapter")
        learner = Causal(self.base, labels, name, prompt, lora)
        try:
            learner.load(weights)
        except Failure:
            self.base.remove(name)
            raise
        return learner, told["max_tokens"]

    def _drop(self, folder: str) -> None:
        learner, _ = self.kept.pop(folder)
        if isinstance(learner, Causal) and self.base:
            self.base.remove(learner.name)


@torch.no_grad()
def log_probabilities(learner: Learner, most: int, texts: list[str]) -> list[list[float]]:
    """One row a text, one column a label."""
    rows = [learner.encode(text, most) for text in texts]
    found: list[list[float]] = [[] for _ in rows]
    for part in packed([len(r) for r in rows], GPU_TOKENS if device().type == "cuda" else CPU_TOKENS):
        for i, row in zip(part, learner.log_probabilities([rows[i] for i in part]).tolist()):
            found[i] = row
    return found


def serve(source: Source, lines: BinaryIO, line: Line) -> None:
    """Answers each line until there is none."""
    adapters = Adapters(source)
    if adapters.base is None:
        source.config()
    line.say(type="ready", device=device_name())
    for request in lines:
        line.say(**_answer(adapters, request))


def _answer(adapters: Adapters, request: bytes) -> dict[str, Any]:
    number = None
    try:
        asked = json.loads(request)
        number = asked["id"]
        texts = asked["texts"]
        if not isinstance(texts, list) or not all(isinstance(t, str) for t in texts) or not isinstance(asked["adapter"], str):
            raise Failure("internal")
        learner, most = adapters.get(asked["adapter"])
        return {"id": number, "log_probabilities": log_probabilities(learner, most, texts)}
    except Exception as error:  # noqa: BLE001 - whatever it is, what is said of it is a code
        code = code_of(error)
        log("a question was not answered", error)
        return {"id": number, "error": code if code in ("bad_adapter", "out_of_memory") else "internal"}
