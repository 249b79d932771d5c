"""The training: epochs over the examples, checkpoints, and a judgement after each epoch.

A training that was stopped or killed goes on from its last checkpoint and, on a CPU, ends in the same weights: the
order of the examples follows from the seed and the epoch, and the checkpoint has all else.
"""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import torch

from .base import device, device_name
from .protocol import Example, Job, Line, Stop, Stopped, Work
from .state import read_checkpoint, write_adapter, write_checkpoint

# Seconds between checkpoints within an epoch.
SAVED_EVERY = 45.0
# How many padded tokens are read at once, whatever the batch: the model server reckons the memory of a training with this.
CPU_TOKENS, GPU_TOKENS = 1024, 32768
# After how many epochs that are no better the training ends, if there is a validation set.
PATIENCE = 2
# The accuracy on the training set is that of so many of its examples, after the epoch.
JUDGED = 256
# Of all steps, those in which the learning rate rises; it falls from then on.
WARMUP = 0.06


class Learner(Protocol):
    """A model with its labels, as causal.py and encoder.py have one."""

    labels: tuple[str, ...]

    @property
    def parameters(self) -> int: ...
    def encode(self, text: str, most: int) -> list[int]: ...
    def log_probabilities(self, rows: list[list[int]]) -> torch.Tensor: ...
    def learning(self) -> None: ...
    def answering(self) -> None: ...
    def groups(self) -> list[tuple[dict[str, torch.Tensor], float]]: ...
    def weights(self) -> dict[str, torch.Tensor]: ...
    def load(self, weights: dict[str, torch.Tensor]) -> None: ...
    def described(self) -> dict[str, Any]: ...


@contextmanager
def quick_multiplying() -> Iterator[None]:
    """Multiplies in bfloat16, and adds in 32 bits, where the CPU has units for that (AMX): twice as fast. For learning only; answers are exact."""
    matmul = torch.backends.mkldnn.matmul  # type: ignore[attr-defined]
    before = matmul.fp32_precision
    if torch.cpu.get_capabilities().get("amx_bf16"):
        matmul.fp32_precision = "bf16"
    try:
        yield
    finally:
        matmul.fp32_precision = before


def packed(lengths: list[int], tokens: int) -> Iterator[list[int]]:
    """Numbers of rows of similar length, the longest first, in groups of at most so many padded tokens."""
    group: list[int] = []
    for i in sorted(range(len(lengths)), key=lambda i: -lengths[i]):
        if group and lengths[group[0]] * (len(group) + 1) > tokens:
            yield group
            group = []
        group.append(i)
    if group:
        yield group


def batches(lengths: list[int], size: int, seed: int, epoch: int) -> list[list[int]]:
    """The batches of an epoch: shuffled, each of rows of similar length."""
    rng = random.Random(f"{seed} {epoch}")
    order = list(range(len(lengths)))
    rng.shuffle(order)
    pool = size * 32
    order = [i for at in range(0, len(order), pool) for i in sorted(order[at : at + pool], key=lambda i: lengths[i])]
    cut = [order[at : at + size] for at in range(0, len(order), size)]
    rng.shuffle(cut)
    return cut


class Rows:
    """A set of examples in tokens."""

    def __init__(self, learner: Learner, examples: list[Example], most: int):
        kept = [e for e in examples if e.weight > 0]
        self.ids = [learner.encode(e.text, most) for e in kept]
        self.lengths = [len(r) for r in self.ids]
        self.labels = [e.label for e in kept]
        self.weights = [e.weight for e in kept]


class Training:
    """One job under way."""

    def __init__(self, work: Work, learner: Learner, folder: Path, line: Line, stop: Stop):
        self.job, self.sha256, self.learner, self.folder, self.line, self.stop = work.job, work.sha256, learner, folder, line, stop
        self.train, self.validation = (Rows(learner, examples, work.job.max_tokens) for examples in (work.train, work.validation))
        self.packed_tokens = GPU_TOKENS if device().type == "cuda" else CPU_TOKENS
        groups = learner.groups()
        self.names = [name for named, _ in groups for name in named]
        self.trained = [p for named, _ in groups for p in named.values()]
        self.optimizer = torch.optim.AdamW([{"params": list(named.values()), "lr": rate * self.job.learning_rate_multiplier} for named, rate in groups], weight_decay=0.01)
        self.rates = [group["lr"] for group in self.optimizer.param_groups]
        self.in_epoch = -(-len(self.train.ids) // self.job.batch_size)
        self.step, self.tokens, self.sum, self.weight = 0, 0, 0.0, 0.0
        self.told: list[dict[str, Any]] = []
        self.saved_at = time.monotonic()

    def run(self) -> None:
        """Trains to the end. Raises Stopped, with the state saved, where it was asked to."""
        self.line.say(type="loaded", parameters=self.learner.parameters, trainable=sum(p.numel() for p in self.trained), device=device_name(), tokens=sum(self.train.lengths))
        if self._resume():
            self.line.say(type="resumed", step=self.step)
            for message in self.told:
                self.line.say(**message)
        while len(self.told) < self.job.epochs and not self._no_better():
            self._epoch(len(self.told))
        self.line.say(type="done", epochs=len(self.told), best=self.best(), tokens=self.tokens)

    def _epoch(self, epoch: int) -> None:
        plan = batches(self.train.lengths, self.job.batch_size, self.job.seed, epoch)
        self.learner.learning()
        for batch in plan[self.step - epoch * self.in_epoch :]:
            self._stop_if_asked()
            loss = self._step(batch)
            self.line.say(type="step", step=self.step, steps=self.job.epochs * self.in_epoch, epoch=epoch + 1, train_loss=loss, tokens=self.tokens)
            if time.monotonic() - self.saved_at >= SAVED_EVERY:
                self._save()
        message = self._judge(epoch + 1)
        write_adapter(self.folder / f"epoch-{epoch + 1}", self.learner.weights(), self.learner.labels, self.learner.described(), self.job.max_tokens)
        self.told.append(message)
        self.sum, self.weight = 0.0, 0.0
        # What is told of an epoch is in the checkpoint first: it is told again if this process dies here.
        self._save(message)

    def _step(self, batch: list[int]) -> float:
        weight = sum(self.train.weights[i] for i in batch)
        total = 0.0
        for part in packed([self.train.lengths[i] for i in batch], self.packed_tokens):
            rows = [batch[i] for i in part]
            weights = torch.tensor([self.train.weights[i] for i in rows], dtype=torch.float64, device=device())
            with quick_multiplying():
                loss = (self._losses(self.train, rows) * weights).sum() / weight
                loss.backward()  # type: ignore[no-untyped-call]
            total += float(loss.detach())
            self.line.alive()
        torch.nn.utils.clip_grad_norm_(self.trained, 1.0)
        for group, rate in zip(self.optimizer.param_groups, self.rates):
            group["lr"] = rate * self._pace()
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.step += 1
        self.tokens += sum(self.train.lengths[i] for i in batch)
        self.sum, self.weight = self.sum + total * weight, self.weight + weight
        return total

    def _pace(self) -> float:
        """The part of the learning rate that this step has."""
        steps = self.job.epochs * self.in_epoch
        return min((self.step + 1) / max(1.0, WARMUP * steps), max(0.02, 1 - self.step / steps))

    def _losses(self, rows: Rows, at: list[int]) -> torch.Tensor:
        return -self.learner.log_probabilities([rows.ids[i] for i in at]).gather(1, torch.tensor([[rows.labels[i]] for i in at], device=device())).squeeze(1)

    def _judge(self, epoch: int) -> dict[str, Any]:
        sample = random.Random(self.job.seed).sample(range(len(self.train.ids)), min(JUDGED, len(self.train.ids)))
        _, train_accuracy = self._measure(self.train, sample)
        valid_loss, valid_accuracy = self._measure(self.validation, list(range(len(self.validation.ids))))
        return {
            "type": "epoch", "epoch": epoch, "step": self.step, "train_loss": self.sum / self.weight, "train_accuracy": train_accuracy,
            "valid_loss": valid_loss, "valid_accuracy": valid_accuracy, "adapter": f"epoch-{epoch}",
        }  # fmt: skip

    @torch.no_grad()
    def _measure(self, rows: Rows, at: list[int]) -> tuple[float | None, float | None]:
        """Loss and accuracy, weighted; nothing of no examples."""
        if not at:
            return None, None
        self.learner.answering()
        loss = right = 0.0
        for part in packed([rows.lengths[i] for i in at], self.packed_tokens):
            self._stop_if_asked()
            numbers = [at[i] for i in part]
            found = self.learner.log_probabilities([rows.ids[i] for i in numbers]).cpu()
            for row, i in zip(found, numbers):
                loss -= rows.weights[i] * float(row[rows.labels[i]])
                right += rows.weights[i] * (int(row.argmax()) == rows.labels[i])
            self.line.alive()
        weight = sum(rows.weights[i] for i in at)
        return loss / weight, right / weight

    def _stop_if_asked(self) -> None:
        if self.stop.asked.is_set():
            self._save()
            raise Stopped

    def best(self) -> int:
        """The epoch of least validation loss, the earliest of equals; the last if there is no validation set."""
        if not self.validation.ids:
            return len(self.told)
        return 1 + min(range(len(self.told)), key=lambda i: self.told[i]["valid_loss"])

    def _no_better(self) -> bool:
        return bool(self.told) and len(self.told) - self.best() >= PATIENCE

    def _save(self, message: dict[str, Any] | None = None) -> None:
        tensors = {f"weight {name}": p for name, p in zip(self.names, self.trained)}
        for name, p in zip(self.names, self.trained):
            tensors |= {f"{key} {name}": value for key, value in self.optimizer.state.get(p, {}).items()}
        tensors["random"] = torch.get_rng_state()
        if torch.cuda.is_available():
            tensors["random of the GPU"] = torch.cuda.get_rng_state()
        told = {"sha256": self.sha256, "step": self.step, "tokens": self.tokens, "sum": self.sum, "weight": self.weight, "epochs": self.told}
        write_checkpoint(self.folder, tensors, told)
        if message:
            self.line.say(**message)
        self.saved_at = time.monotonic()
        self.line.say(type="saved", step=self.step)

    def _resume(self) -> bool:
        found = read_checkpoint(self.folder)
        if not found or found[1].get("sha256") != self.sha256:
            return False
        tensors, told = found
        with torch.no_grad():
            for name, p in zip(self.names, self.trained):
                p.copy_(tensors[f"weight {name}"])
                state = {key: tensors[f"{key} {name}"] for key in ("step", "exp_avg", "exp_avg_sq") if f"{key} {name}" in tensors}
                if state:
                    self.optimizer.state[p] = {key: value if key == "step" else value.to(p.device) for key, value in state.items()}
        torch.set_rng_state(tensors["random"])
        if torch.cuda.is_available() and "random of the GPU" in tensors:
            torch.cuda.set_rng_state(tensors["random of the GPU"])
        self.step, self.tokens, self.sum, self.weight, self.told = told["step"], told["tokens"], told["sum"], told["weight"], told["epochs"]
        return True


def make_learner(job: Job) -> Learner:
    """Loads the base model, with new weights that follow from the seed."""
    from .base import Source
    from .causal import Causal, CausalBase
    from .encoder import Encoder

    source = Source(Path(job.base), job.kind)
    torch.manual_seed(job.seed)
    if job.kind == "encoder":
        return Encoder(source, job.labels)
    return Causal(CausalBase(source), job.labels, "trained")
