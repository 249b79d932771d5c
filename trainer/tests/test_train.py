"""Training in this process: what it learns, and that it goes on where it was."""

import io
import json
import math

import pytest
import torch
from conftest import LABELS, examples, lines
from safetensors.torch import load_file

from switchboard_trainer.protocol import Line, Stop, Stopped, read_work
from switchboard_trainer.train import Training, batches, make_learner, packed


class Heard(Line):
    """Keeps what is said, and asks for an end after so many steps."""

    def __init__(self, stop, after=math.inf):
        super().__init__(io.BytesIO())
        self.stop, self.after, self.messages = stop, after, []

    def say(self, **message):
        self.messages.append(json.loads(json.dumps(message, allow_nan=False)))
        if message["type"] == "step" and message["step"] >= self.after:
            self.stop.asked.set()

    def of(self, kind):
        return [m for m in self.messages if m["type"] == kind]


def trained(folder, messages, after=math.inf):
    torch.set_num_threads(1)
    work = read_work(iter(lines(*messages, {"type": "end"}).splitlines(keepends=True)))
    stop = Stop()
    heard = Heard(stop, after)
    try:
        Training(work, make_learner(work.job), folder, heard, stop).run()
    except Stopped:
        heard.say(type="stopped")
    return heard


@pytest.mark.parametrize(("kind", "rate"), [("causal", 20), ("encoder", 4)])
def test_it_learns(job, tmp_path, kind, rate):
    heard = trained(tmp_path, [job(kind, epochs=25, learning_rate_multiplier=rate), *examples(0)])
    first, last = heard.of("epoch")[0], heard.of("epoch")[-1]
    assert last["train_loss"] < 0.5 * first["train_loss"]
    assert last["train_accuracy"] > first["train_accuracy"]
    assert all(torch.isfinite(w).all() for w in load_file(tmp_path / "epoch-1" / "adapter.safetensors").values())


def test_what_is_said(job, tmp_path):
    heard = trained(tmp_path, [job(), *examples()])
    assert [m["type"] for m in heard.messages] == ["loaded", *["step"] * 4, "epoch", "saved", *["step"] * 4, "epoch", "saved", "done"]
    loaded, step, epoch, done = (heard.of(kind)[-1] for kind in ("loaded", "step", "epoch", "done"))
    assert 0 < loaded["trainable"] < loaded["parameters"] and loaded["device"] == "cpu"
    assert step == step | {"step": 8, "steps": 8, "epoch": 2, "tokens": 2 * loaded["tokens"]}
    assert epoch == epoch | {"epoch": 2, "step": 8, "adapter": "epoch-2"}
    assert done == {"type": "done", "epochs": 2, "best": 1 + (heard.of("epoch")[1]["valid_loss"] < heard.of("epoch")[0]["valid_loss"]), "tokens": 2 * loaded["tokens"]}
    told = json.loads((tmp_path / "epoch-2" / "adapter.json").read_text())
    assert told == told | {"format": 1, "kind": "causal", "base_sha256": None, "labels": LABELS, "max_tokens": 64}


def test_without_a_validation_set_the_last_epoch_is_best(job, tmp_path):
    heard = trained(tmp_path, [job(), *examples(validation=0)])
    assert [(m["valid_loss"], m["valid_accuracy"]) for m in heard.of("epoch")] == [(None, None)] * 2
    assert heard.of("done")[0]["best"] == 2


def test_it_ends_after_two_epochs_that_are_no_better(job, tmp_path):
    wrong = [{"type": "example", "set": "validation", "text": e["text"], "label": LABELS[(LABELS.index(e["label"]) + 1) % 6]} for e in examples(0)]
    heard = trained(tmp_path, [job(epochs=30, learning_rate_multiplier=20), *examples(0), *wrong])
    done = heard.of("done")[0]
    assert done["epochs"] == done["best"] + 2 < 30


@pytest.mark.parametrize("kind", ["causal", "encoder"])
@pytest.mark.parametrize("after", [1, 4, 6])
def test_a_stopped_training_goes_on_as_if_it_had_not_been(job, tmp_path, kind, after):
    messages = [job(kind, epochs=3), *examples()]
    for name in ("whole", "parts"):
        (tmp_path / name).mkdir()
    whole = trained(tmp_path / "whole", messages)
    before = trained(tmp_path / "parts", messages, after)
    assert before.messages[-1]["type"] == "stopped"
    rest = trained(tmp_path / "parts", messages)
    assert rest.of("resumed") == [{"type": "resumed", "step": after}]
    assert before.of("step") + rest.of("step") == whole.of("step")
    assert rest.of("epoch") == whole.of("epoch") and rest.of("done") == whole.of("done")
    for epoch in (1, 2, 3):
        one, other = (load_file(tmp_path / way / f"epoch-{epoch}" / "adapter.safetensors") for way in ("whole", "parts"))
        assert one.keys() == other.keys() and all(torch.equal(one[n], other[n]) for n in one)


def test_a_training_that_is_over_says_so_again(job, tmp_path):
    messages = [job(), *examples()]
    once = trained(tmp_path, messages)
    again = trained(tmp_path, messages)
    assert [m["type"] for m in again.messages] == ["loaded", "resumed", "epoch", "epoch", "done"]
    assert again.of("epoch") == once.of("epoch") and again.of("done") == once.of("done")


def test_the_state_of_another_job_is_not_resumed(job, tmp_path):
    trained(tmp_path, [job(), *examples()])
    assert not trained(tmp_path, [job(seed=2), *examples()]).of("resumed")


@pytest.mark.parametrize("content", [b"", b"{}", b"\x10\0\0\0\0\0\0\0not a header....", b"\xff" * 64])
def test_a_checkpoint_that_cannot_be_read_is_none(job, tmp_path, content):
    (tmp_path / "checkpoint.safetensors").write_bytes(content)
    assert not trained(tmp_path, [job(epochs=1), *examples()]).of("resumed")


def test_weights_count(job, tmp_path):
    rows = examples(0)[:6]
    heavy = [e | {"weight": 50 if e["label"] == "Cargo" else 1} for e in rows]
    for name in ("even", "heavy"):
        (tmp_path / name).mkdir()
    even, uneven = (trained(tmp_path / n, [job(epochs=1, batch_size=6), *r]).of("step")[0]["train_loss"] for n, r in (("even", rows), ("heavy", heavy)))
    assert even != pytest.approx(uneven, abs=1e-3)


def test_an_example_of_no_weight_counts_for_nothing(job, tmp_path):
    rows = examples()
    one = trained(tmp_path, [job(), *rows])
    other = tmp_path / "other"
    other.mkdir()
    ghosts = [rows[0] | {"weight": 0, "label": "Cargo"}, rows[-1] | {"weight": 0}]
    assert trained(other, [job(), *rows, *ghosts]).messages == one.messages


def test_large_batches_are_read_in_parts_and_mean_the_same(job, tmp_path, monkeypatch):
    messages = [job(batch_size=16, epochs=1), *examples()]
    (tmp_path / "parts").mkdir()
    (tmp_path / "whole").mkdir()
    whole = trained(tmp_path / "whole", messages).of("epoch")[0]
    monkeypatch.setattr("switchboard_trainer.train.CPU_TOKENS", 200)
    parts = trained(tmp_path / "parts", messages).of("epoch")[0]
    # Some CPUs multiply in 16 bits here, where sums of other parts round otherwise.
    assert parts["train_loss"] == pytest.approx(whole["train_loss"], rel=1e-3)
    assert parts["valid_loss"] == pytest.approx(whole["valid_loss"], rel=1e-3)


def test_batches_have_each_row_once_and_differ_by_epoch():
    lengths = [i % 50 for i in range(1000)]
    one, two = batches(lengths, 8, 1, 0), batches(lengths, 8, 1, 1)
    assert sorted(i for b in one for i in b) == list(range(1000)) and one != two
    assert one == batches(lengths, 8, 1, 0) != batches(lengths, 8, 2, 0)
    padded = sum(len(b) * max(lengths[i] for i in b) for b in one)
    assert padded < 1.2 * sum(lengths)


def test_packing_bounds_what_is_read_at_once():
    lengths = [5, 300, 7, 100, 100, 1]
    groups = list(packed(lengths, 210))
    assert sorted(i for g in groups for i in g) == list(range(6))
    assert all(len(g) == 1 or max(lengths[i] for i in g) * len(g) <= 210 for g in groups)
