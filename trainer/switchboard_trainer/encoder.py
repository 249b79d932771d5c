"""A sentence encoder with a layer of labels on the mean of its tokens' vectors, trained whole."""

from typing import Any

import torch

from .base import Source, device
from .protocol import Failure

# What the encoder and the layer on it learn with, times the job's multiplier.
ENCODER_RATE, HEAD_RATE = 2e-4, 1e-3


class Encoder:
    """An encoder with its labels. The new layer's weights come from torch's generator: seed it before."""

    def __init__(self, source: Source, labels: tuple[str, ...]):
        config = source.config()
        self.labels, self.tokenizer = labels, source.tokenizer()
        self.model: Any = source.model(torch.float32)
        self.head = torch.nn.Linear(config.hidden_size, len(labels)).to(device())
        self.whole = torch.nn.ModuleDict({"model": self.model, "head": self.head})
        self.pad = self.tokenizer.own.pad_token_id or 0
        # RoBERTa's positions begin after that of padding.
        self.context = config.max_position_embeddings - (self.pad + 1 if "roberta" in config.model_type else 0)
        self.answering()

    def encode(self, text: str, most: int) -> list[int]:
        """The tokens of the beginning of a text, at most so many with those around it. Where nothing is left of a text, padding stands for it."""
        return self.tokenizer.framed(text, min(most, self.context)) or [self.pad]

    def log_probabilities(self, rows: list[list[int]]) -> torch.Tensor:
        longest, to = max(map(len, rows)), device()
        ids = torch.tensor([r + [self.pad] * (longest - len(r)) for r in rows], device=to)
        mask = torch.tensor([[1] * len(r) + [0] * (longest - len(r)) for r in rows], device=to)
        with torch.autocast(to.type, dtype=torch.bfloat16, enabled=to.type == "cuda"):
            hidden = self.model(input_ids=ids, attention_mask=mask).last_hidden_state.float()
        weight = mask[:, :, None].float()
        mean = (hidden * weight).sum(1) / weight.sum(1).clamp(min=1)
        scores: torch.Tensor = self.head(mean)
        return scores.double().log_softmax(1)

    def learning(self) -> None:
        self.whole.train()

    def answering(self) -> None:
        self.whole.eval()

    def groups(self) -> list[tuple[dict[str, torch.Tensor], float]]:
        named = dict(self.whole.named_parameters())
        return [({n: p for n, p in named.items() if n.startswith(part)}, rate) for part, rate in (("model.", ENCODER_RATE), ("head.", HEAD_RATE))]

    def weights(self) -> dict[str, torch.Tensor]:
        return self.whole.state_dict()

    def load(self, weights: dict[str, torch.Tensor]) -> None:
        try:
            self.whole.load_state_dict(weights)
        except RuntimeError:
            raise Failure("bad_adapter") from None

    @property
    def parameters(self) -> int:
        return sum(p.numel() for p in self.model.parameters())

    def described(self) -> dict[str, Any]:
        return {"kind": "encoder", "lora": None, "prompt": None}
