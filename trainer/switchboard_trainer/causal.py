"""A causal language model with LoRA adapters that answers with a distribution over labels.

A text and the tree of the labels' tokens are read in one pass: every token of the tree sees the text and its own
ancestors, so the text is read once for all labels, and what labels share is read once. Training and answering
compute the same thing.
"""

from typing import Any

import torch
from peft import LoraConfig, inject_adapter_in_model
from peft.tuners.lora import LoraLayer

from .base import Source, device
from .labels import LabelTree
from .protocol import Failure

PROMPT = "Customer support conversation:\n{}\nCompany:"
# On every linear layer but the last.
LORA = {"r": 16, "lora_alpha": 32, "lora_dropout": 0.0}
# What a LoRA adapter learns with, times the job's multiplier.
LEARNING_RATE = 5e-4
# How many tokens are read of a model that has no bound of its own.
DEFAULT_CONTEXT = 2048


class CausalBase:
    """The frozen weights of a model. Raises Failure if it cannot be asked for exact likelihoods."""

    def __init__(self, source: Source):
        config = source.config()
        self.tokenizer = source.tokenizer()
        self.on_gpu = device().type == "cuda"
        self.model: Any = source.model(torch.bfloat16 if self.on_gpu else torch.float32)
        self.model.eval().requires_grad_(False)
        self.head: Any = self.model.get_output_embeddings()
        self.body: Any = self.model.base_model
        ends = config.eos_token_id if isinstance(config.eos_token_id, list) else [config.eos_token_id]
        self.end = self.tokenizer.end if self.tokenizer.end is not None else ends[0]
        if self.head is None or self.end is None:
            raise Failure("bad_model")
        # Within a sliding window every token sees the whole text, as the mask says.
        seen = [getattr(config, name, None) for name in ("max_position_embeddings", "sliding_window")]
        self.context = min((n for n in seen if n), default=DEFAULT_CONTEXT)
        self.cap = getattr(config, "final_logit_softcapping", None)
        self.parameters: int = sum(p.numel() for p in self.model.parameters())
        self.active: str | None = None
        self.targets = [n for n, m in self.model.named_modules() if m is not self.head and (isinstance(m, torch.nn.Linear) or type(m).__name__ == "Conv1D")]
        self._hold_to_plain_reading()

    def _hold_to_plain_reading(self) -> None:
        """Compares the tree's likelihoods with those of plain sequences: an architecture that ignores masks or positions, or scales its scores, is refused."""
        text, answers = self.tokenizer.encode("an example") or [self.end], [[5, 6, 7], [5, 6, 8], [5, 7, 6], [9, 5]]
        tree = LabelTree(answers)
        with torch.no_grad():
            got = tree.log_probabilities(self.scores([text, text + text], tree))[0]
            for label, answer in enumerate(answers):
                ids = torch.tensor([text + answer], device=device())
                plain = self.model(input_ids=ids, use_cache=False).logits[0].double()
                wanted = 0.0
                for i, token in enumerate(answer):
                    rivals = sorted({a[i] for a in answers if a[:i] == answer[:i]})
                    wanted += float(plain[len(text) + i - 1, rivals].log_softmax(0)[rivals.index(token)])
                if not abs(float(got[label]) - wanted) <= (0.25 if self.on_gpu else 1e-3):
                    raise Failure("bad_model")

    def scores(self, rows: list[list[int]], tree: LabelTree) -> list[torch.Tensor]:
        """The scores (logits) of the tokens of each fork, one row a prompt."""
        longest, extra = max(map(len, rows)), len(tree.tokens)
        lengths = torch.tensor([len(r) for r in rows])
        # Prompts end where the tree begins: padding stands in front.
        ids = torch.tensor([[self.end] * (longest - len(r)) + r + tree.tokens for r in rows])
        positions = torch.cat([torch.arange(longest) - (longest - lengths[:, None]), lengths[:, None] + torch.tensor(tree.depths, dtype=torch.long)], 1).clamp(min=0)
        sees = torch.ones(longest + extra, longest + extra, dtype=torch.bool).tril()
        sees[longest:, longest:] = tree.ancestors
        real = torch.arange(longest + extra) >= (longest - lengths[:, None])
        mask = (sees & real[:, None]) | torch.eye(longest + extra, dtype=torch.bool)
        to = device()
        with torch.autocast(to.type, dtype=torch.bfloat16, enabled=self.on_gpu):
            hidden = self.body(input_ids=ids.to(to), position_ids=positions.to(to), attention_mask=mask[:, None].to(to), use_cache=False).last_hidden_state
        return [self._scores(hidden[:, longest + fork.after], fork.tokens) for fork in tree.forks]

    def _scores(self, hidden: torch.Tensor, tokens: tuple[int, ...]) -> torch.Tensor:
        at = torch.tensor(tokens, device=hidden.device)
        scores: torch.Tensor = hidden.float() @ self.head.weight[at].float().T
        if getattr(self.head, "bias", None) is not None:
            scores = scores + self.head.bias[at].float()
        return scores if not self.cap else self.cap * torch.tanh(scores / self.cap)

    def add(self, name: str, lora: dict[str, Any]) -> None:
        """Adds an adapter that changes nothing yet; it is trainable."""
        inject_adapter_in_model(LoraConfig(**lora, target_modules=self.targets), self.model, adapter_name=name)
        for p in self.model.parameters():
            if p.requires_grad:
                p.data = p.data.float()  # what learns is kept exact
        self.active = name

    def use(self, name: str) -> None:
        if self.active == name:
            return
        for layer in self.layers().values():
            layer.set_adapter(name)
        self.active = name

    def remove(self, name: str) -> None:
        for layer in self.layers().values():
            layer.delete_adapter(name)
        self.active = None

    def layers(self) -> dict[str, Any]:
        """The layers that have adapters, by name."""
        return {n: m for n, m in self.model.named_modules() if isinstance(m, LoraLayer)}


class Causal:
    """One adapter of a base, with its labels. Raises Failure if the labels cannot be told apart."""

    def __init__(self, base: CausalBase, labels: tuple[str, ...], name: str, prompt: str = PROMPT, lora: dict[str, Any] = LORA):
        self.base, self.labels, self.name, self.prompt, self.lora = base, labels, name, prompt, lora
        before, after = prompt.split("{}")
        tokenizer = base.tokenizer
        self.before, self.after = tokenizer.begin + tokenizer.encode(before), tokenizer.encode(after)
        try:
            self.tree = LabelTree([[*tokenizer.encode(" " + label), base.end] for label in labels])
        except ValueError:
            raise Failure("bad_model") from None
        self.room = base.context - len(self.before) - len(self.after) - len(self.tree.tokens)
        if self.room < 1:
            raise Failure("bad_model")
        base.add(name, lora)

    def encode(self, text: str, most: int) -> list[int]:
        """The tokens of a prompt with the beginning of a text, at most so many of it."""
        return [*self.before, *self.base.tokenizer.encode(text)[: min(most, self.room)], *self.after]

    def log_probabilities(self, rows: list[list[int]]) -> torch.Tensor:
        self.base.use(self.name)
        return self.tree.log_probabilities(self.base.scores(rows, self.tree))

    def learning(self) -> None:
        """Nothing in it behaves otherwise while it learns: adapters have no dropout."""

    def answering(self) -> None:
        pass

    def groups(self) -> list[tuple[dict[str, torch.Tensor], float]]:
        """What is trained, by name, with its learning rate."""
        return [(self.weights(), LEARNING_RATE)]

    def weights(self) -> dict[str, torch.Tensor]:
        """What an adapter folder keeps."""
        layers = self.base.layers().items()
        return {f"{n}.lora_A": m.lora_A[self.name].weight for n, m in layers} | {f"{n}.lora_B": m.lora_B[self.name].weight for n, m in layers}

    def load(self, weights: dict[str, torch.Tensor]) -> None:
        """Takes the weights of an adapter folder; raises Failure if they do not fit."""
        own = self.weights()
        if {n: w.shape for n, w in own.items()} != {n: w.shape for n, w in weights.items()}:
            raise Failure("bad_adapter")
        with torch.no_grad():
            for name, weight in own.items():
                weight.copy_(weights[name])

    @property
    def parameters(self) -> int:
        return self.base.parameters

    def described(self) -> dict[str, Any]:
        return {"kind": "causal", "lora": self.lora, "prompt": self.prompt}
