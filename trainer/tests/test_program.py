"""The program as the model server starts it: stopped, killed, fed nonsense, asked."""

import json
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import LABELS, TEXTS, examples, lines

END = {"type": "end"}
# Words that no file and no line may have.
SECRET = "Zebulon Quagmire Zwetschgenkuchen"


def folder_of(state):
    return b"".join(p.read_bytes() for p in sorted(state.rglob("*")) if p.is_file())


def trained(child, state, *messages):
    one = child("train", "--state", state)
    one.send(*messages)
    heard, status = one.rest()
    return heard, status, one.process.stderr.read().decode()


@pytest.fixture(scope="session")
def finished(bases, tmp_path_factory):
    """A training from end to end whose examples have a secret in them."""
    from conftest import Child

    state = tmp_path_factory.mktemp("finished") / "state"
    job = {"type": "job", "base": str(bases["llama"]), "kind": "causal", "labels": LABELS, "epochs": 2, "batch_size": 4, "learning_rate_multiplier": 1.0, "seed": 1, "max_tokens": 64, "threads": 1}
    one = Child("train", "--state", state)
    one.send(job, *({**e, "text": f"{SECRET} {e['text']}"} for e in examples()), END)
    heard, status = one.rest()
    said = one.process.stderr.read()
    one.process.stdin.close()
    one.process.stdout.close()
    one.process.stderr.close()
    return job, state, heard, status, said


def test_a_training_ends_well(finished):
    _, state, heard, status, _ = finished
    assert (heard[0]["type"], heard[-1]["type"], status) == ("loaded", "done", 0)
    assert sorted(p.name for p in state.iterdir()) == ["checkpoint.safetensors", "epoch-1", "epoch-2"]


def test_nothing_of_a_text_is_left_or_said(finished):
    _, state, heard, _, said = finished
    everything = folder_of(state) + json.dumps(heard).encode() + said
    for word in SECRET.split():
        assert word.encode() not in everything


def test_files_are_the_owners_alone(finished):
    _, state, _, _, _ = finished
    for path in (state, *state.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        (b'{"type":"example","set":"train","text":"' + SECRET.encode() + b'","label":\n', "bad_example"),
        (lines({"type": "example", "set": "train", "text": SECRET, "label": SECRET}), "no_label"),
        (lines({"type": "example", "set": "train", "text": [SECRET], "label": "Acme"}), "bad_example"),
    ],
)
def test_a_bad_line_is_refused_without_its_words(job, child, tmp_path, broken, code):
    one = child("train", "--state", tmp_path)
    one.send(job())
    one.process.stdin.write(broken)
    one.send(END)
    heard, status = one.rest()
    assert (heard[0]["type"], heard[0]["code"], status) == ("error", code, 1)
    assert not any(word in json.dumps(heard) + one.process.stderr.read().decode() for word in SECRET.split())


def test_an_exception_that_quotes_a_text_is_not_quoted(job, tmp_path):
    root = Path(__file__).parents[1]
    program = f"""
import sys; sys.argv = ["switchboard_trainer", "train", "--state", {str(tmp_path)!r}]
import switchboard_trainer.base as base, switchboard_trainer.__main__ as main
def encode(self, text): raise ValueError("cannot encode " + text)
base.Tokenizer.encode = encode
main.sys.exit(main.main())
"""
    work = lines(job(), *({**e, "text": SECRET} for e in examples()), END)
    ran = subprocess.run([sys.executable, "-c", program], input=work, capture_output=True, check=False, cwd=root, env={"PATH": os.environ["PATH"], "PYTHONPATH": str(root)})
    assert json.loads(ran.stdout.splitlines()[-1])["code"] == "internal"
    assert b"ValueError" in ran.stderr and b"base.py" not in ran.stdout
    assert SECRET.encode() not in ran.stdout + ran.stderr


def test_a_user_without_a_name_trains_too(job, tmp_path):
    program = f"""
import pwd, sys; sys.argv = ["switchboard_trainer", "train", "--state", {str(tmp_path)!r}]
def nobody(uid): raise KeyError(uid)
pwd.getpwuid = nobody
import switchboard_trainer.__main__ as main
main.sys.exit(main.main())
"""
    root = Path(__file__).parents[1]
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={"PATH": os.environ["PATH"], "PYTHONPATH": str(root)}) as one:
        one.stdin.write(lines(job(epochs=1), *examples(), END))
        one.stdin.flush()
        assert [json.loads(line)["type"] for line in one.stdout][-1] == "done"


def test_sigterm_stops_it_and_it_goes_on(job, child, tmp_path):
    messages = [job(epochs=200), *examples(), END]
    one = child("train", "--state", tmp_path)
    one.send(*messages)
    one.until("saved")
    one.process.send_signal(signal.SIGTERM)
    heard, status = one.rest()
    assert (heard[-2]["type"], heard[-1]["type"], status) == ("saved", "stopped", 0)
    again = child("train", "--state", tmp_path)
    again.send(*messages)
    assert again.until("resumed")[-1]["step"] == heard[-1]["step"]


def test_sigterm_stops_it_while_it_waits_for_examples(job, child, tmp_path):
    one = child("train", "--state", tmp_path)
    one.send(job(), *examples())
    while b"switchboard_trainer" not in Path(f"/proc/{one.process.pid}/cmdline").read_bytes() or "State:\tS" not in Path(f"/proc/{one.process.pid}/status").read_text() or not caught(one.process.pid):
        pass
    one.process.send_signal(signal.SIGTERM)
    assert one.rest() == ([{"type": "stopped", "step": 0}], 0)


def caught(pid):
    """Whether a process has a handler for SIGTERM."""
    (line,) = (entry for entry in Path(f"/proc/{pid}/status").read_text().splitlines() if entry.startswith("SigCgt"))
    return int(line.split()[1], 16) >> (signal.SIGTERM - 1) & 1


def test_it_stops_when_the_server_is_gone(job, child, tmp_path):
    one = child("train", "--state", tmp_path)
    one.send(job(epochs=10000), *examples(), END)
    one.until("step")
    one.process.stdin.close()
    heard, status = one.rest()
    assert (heard[-1]["type"], status) == ("stopped", 0)
    early = child("train", "--state", tmp_path)
    early.send(job(), *examples())
    early.process.stdin.close()
    assert early.rest() == ([{"type": "stopped", "step": 0}], 0)


# Kills the process at the nth time that it calls one of these, before the call or after.
KILLER = """
import os, signal, sys; sys.argv = ["switchboard_trainer", "train", "--state", {state!r}]
import switchboard_trainer.__main__ as main, switchboard_trainer.state as state
calls = 0
def dying(call):
    def one(*args, **named):
        global calls
        calls += 1
        if calls == {n} and {before}: os.kill(os.getpid(), signal.SIGKILL)
        result = call(*args, **named)
        if calls == {n}: os.kill(os.getpid(), signal.SIGKILL)
        return result
    return one
for module, name in ((os, "replace"), (os, "rename"), (os, "fsync"), (state, "save_file")):
    setattr(module, name, dying(getattr(module, name)))
main.sys.exit(main.main())
"""


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("n", [1, 7, 13])
def test_a_process_killed_while_it_saves_leaves_the_old_or_the_new(finished, tmp_path, n, before):
    job, _, heard, _, _ = finished
    root = Path(__file__).parents[1]
    work = lines(job, *({**e, "text": f"{SECRET} {e['text']}"} for e in examples()), END)
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(root)}
    program = KILLER.format(state=str(tmp_path), n=n, before=before)
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment) as killed:
        killed.stdin.write(work)
        killed.stdin.flush()
        first = [json.loads(line) for line in killed.stdout]
        assert killed.wait() == -signal.SIGKILL
    with subprocess.Popen([sys.executable, "-m", "switchboard_trainer", "train", "--state", tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as again:
        again.stdin.write(work)
        again.stdin.flush()
        rest = [json.loads(line) for line in again.stdout]
        assert again.wait() == 0
    saved = [m["step"] for m in first if m["type"] == "saved"]
    resumed = [m["step"] for m in rest if m["type"] == "resumed"]
    assert (resumed or [0])[0] >= (saved or [0])[-1]
    told = [m for m in heard if m["type"] in ("epoch", "done")]
    assert [m for m in rest if m["type"] in ("epoch", "done")] == told
    assert sorted(p.name for p in tmp_path.iterdir()) == ["checkpoint.safetensors", "epoch-1", "epoch-2"]


def test_questions_are_answered(finished, bases, child):
    _, state, _, _, _ = finished
    one = child("answer", "--base", bases["llama"], "--kind", "causal", "--threads", "1")
    assert one.until("ready")[-1]["device"] == "cpu"
    both = {name: {"id": name, "adapter": str(state / f"epoch-{name}"), "texts": TEXTS} for name in (1, 2)}
    one.send(both[1], both[2], both[1], {"id": 3, "adapter": str(state / "epoch-1"), "texts": []})
    one.send({"id": 4, "adapter": "/nowhere", "texts": ["a"]}, {"id": 5, "texts": "a"}, ["nonsense"])
    one.process.stdin.close()
    answers, status = one.rest()
    assert status == 0 and [a["id"] for a in answers] == [1, 2, 1, 3, 4, 5, None]
    first, second, again, none, missing, bad, nonsense = answers
    assert first == again != second | {"id": 1} and none["log_probabilities"] == []
    assert [missing.get("error"), bad.get("error"), nonsense.get("error")] == ["bad_adapter", "internal", "internal"]
    for row in first["log_probabilities"] + second["log_probabilities"]:
        assert len(row) == len(LABELS) and sum(2.718281828459045**p for p in row) == pytest.approx(1, abs=1e-6)


def test_what_is_trained_is_what_answers(finished, bases):
    """The validation loss of an epoch is that of the answers of its adapter."""
    from switchboard_trainer.answer import Adapters, log_probabilities
    from switchboard_trainer.base import Source

    _, state, heard, _, _ = finished
    adapters = Adapters(Source(bases["llama"], "causal"))
    for epoch in (m for m in heard if m["type"] == "epoch"):
        rows = [e for e in examples() if e["set"] == "validation"]
        found = log_probabilities(*adapters.get(str(state / epoch["adapter"])), [f"{SECRET} {e['text']}" for e in rows])
        loss = -sum(row[LABELS.index(e["label"])] for row, e in zip(found, rows)) / len(rows)
        assert loss == pytest.approx(epoch["valid_loss"], abs=1e-6)


@pytest.mark.parametrize("kind", ["causal", "encoder"])
def test_many_adapters_take_turns(bases, job, tmp_path, kind):
    from switchboard_trainer import answer
    from switchboard_trainer.base import Source
    from switchboard_trainer.protocol import read_work
    from switchboard_trainer.state import write_adapter
    from switchboard_trainer.train import make_learner

    folders, wanted = [], []
    for seed in range(answer.KEPT + 2):
        work = read_work(iter(lines(job(kind, seed=seed), *examples(), END).splitlines(keepends=True)))
        learner = make_learner(work.job)
        for weight in learner.weights().values():
            if weight.is_floating_point():
                weight.data.normal_(std=0.1)
        folders.append(tmp_path / str(seed))
        write_adapter(folders[-1], learner.weights(), learner.labels, learner.described(), 64)
        wanted.append(answer.log_probabilities(learner, 64, TEXTS[:2]))
    source = Source(bases["llama" if kind == "causal" else "encoder"], kind)
    adapters = answer.Adapters(source)
    for _ in range(2):
        for folder, rows in zip(folders, wanted):
            found = answer.log_probabilities(*adapters.get(str(folder)), TEXTS[:2])
            assert found == [pytest.approx(row, abs=1e-5) for row in rows]
            assert len(adapters.kept) <= answer.KEPT
    assert len({json.dumps(rows) for rows in wanted}) == len(wanted)


@pytest.mark.parametrize(("change", "text"), [("labels", "Acme"), ("format", 2), ("kind", "encoder"), ("prompt", None), ("max_tokens", "x"), ("lora", {"r": 2})])
def test_an_adapter_that_is_none_is_refused(finished, bases, tmp_path, change, text):
    from switchboard_trainer.answer import Adapters
    from switchboard_trainer.base import Source
    from switchboard_trainer.protocol import Failure

    _, state, _, _, _ = finished
    told = json.loads((state / "epoch-1" / "adapter.json").read_text()) | {change: text}
    (tmp_path / "adapter.json").write_text(json.dumps(told))
    (tmp_path / "adapter.safetensors").write_bytes((state / "epoch-1" / "adapter.safetensors").read_bytes())
    adapters = Adapters(Source(bases["llama"], "causal"))
    with pytest.raises(Failure) as failure:
        adapters.get(str(tmp_path))
    assert failure.value.code == "bad_adapter"
    adapters.get(str(state / "epoch-1"))  # the base is as it was


def test_too_little_memory_has_its_code(job, child, tmp_path, monkeypatch):
    root = Path(__file__).parents[1]
    program = f"""
import sys; sys.argv = ["switchboard_trainer", "train", "--state", {str(tmp_path)!r}]
import resource, torch, transformers, switchboard_trainer.train as train, switchboard_trainer.__main__ as main
make = train.make_learner
def small(job):
    learner = make(job)
    used = int(open("/proc/self/statm").read().split()[0]) * 4096
    resource.setrlimit(resource.RLIMIT_AS, (used + (64 << 20),) * 2)
    torch.empty(1 << 30)
    return learner
train.make_learner = small
main.sys.exit(main.main())
"""
    ran = subprocess.run([sys.executable, "-c", program], input=lines(job(), *examples(), END), capture_output=True, check=False, env={"PATH": os.environ["PATH"], "PYTHONPATH": str(root)})
    assert json.loads(ran.stdout.splitlines()[-1])["code"] == "out_of_memory"
