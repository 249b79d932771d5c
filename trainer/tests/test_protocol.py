"""What comes in: jobs and examples, and how bad ones are refused."""

import pytest
from conftest import examples, lines

from switchboard_trainer.protocol import Failure, Stopped, code_of, encodable, read_work

END = {"type": "end"}


def read(*messages):
    return read_work(iter(lines(*messages).splitlines(keepends=True)))


def test_work_is_read(job):
    work = read(job(), *examples(), END)
    assert (len(work.train), len(work.validation)) == (16, 3)
    assert (work.train[1].label, work.validation[0].weight) == (1, 2)


def test_no_validation_set_is_needed(job):
    assert read(job(), *examples(validation=0), END).validation == []


def test_the_same_work_is_known_again(job):
    one = read(job(), *examples(), END).sha256
    assert read(job(threads=2), *examples(), END).sha256 == one
    for other in (read(job(seed=2), *examples(), END), read(job(), *examples()[1:], END)):
        assert other.sha256 != one


EXAMPLE = {"type": "example", "set": "train", "text": "hello", "label": "Acme", "weight": 1}


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"type": "sample"}, "bad_example"),
        ({"set": "test"}, "bad_example"),
        ({"text": None}, "bad_example"),
        ({"text": 7}, "bad_example"),
        ({"label": None}, "bad_example"),
        ({"weight": -1}, "bad_example"),
        ({"weight": "1"}, "bad_example"),
        ({"weight": True}, "bad_example"),
        ({"weight": 0}, "bad_example"),  # it is the only one
        ({"label": "Nobody"}, "no_label"),
    ],
)
def test_an_example_is_refused(job, changed, code):
    with pytest.raises(Failure) as failure:
        read(job(), EXAMPLE | changed, END)
    assert failure.value.code == code


@pytest.mark.parametrize("line", [b"{", b"[]\n", b'"text"\n', b"\xff\n", b"[" * 100000 + b"\n", b'{"type":"example","weight":NaN}\n'])
def test_a_line_that_is_no_message_is_refused(job, line):
    with pytest.raises(Failure) as failure:
        read_work(iter([lines(job()), line]))
    assert failure.value.code == "bad_example"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"type": "work"}, "internal"),
        ({"epochs": 0}, "internal"),
        ({"batch_size": 1.5}, "internal"),
        ({"learning_rate_multiplier": 0}, "internal"),
        ({"surprise": 1}, "internal"),
        ({"labels": "Acme"}, "internal"),
        ({"labels": ["Acme", "Acme"]}, "no_label"),
        ({"labels": ["Acme"]}, "no_label"),
        ({"labels": ["Acme", ""]}, "no_label"),
        ({"labels": ["Acme", ["Bolt"]]}, "no_label"),
    ],
)
def test_a_job_is_refused(job, changed, code):
    with pytest.raises(Failure) as failure:
        read(job(**changed), EXAMPLE, END)
    assert failure.value.code == code


def test_an_input_that_ends_early_is_an_end(job):
    for messages in ([], [job()], [job(), EXAMPLE]):
        with pytest.raises(Stopped):
            read(*messages)


def test_half_a_surrogate_pair_is_no_obstacle(job):
    work = read_work(iter([lines(job()), b'{"type":"example","set":"train","text":"a \\ud83d b","label":"Acme"}\n', lines(END)]))
    assert work.train[0].text == "a ? b" == encodable("a \ud83d b")
    assert work.train[0].weight == 1


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (MemoryError(), "out_of_memory"),
        (RuntimeError("[enforce fail at alloc_cpu.cpp:121] err == 0. DefaultCPUAllocator: can't allocate memory: you tried"), "out_of_memory"),
        (RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB"), "out_of_memory"),
        (OSError(12, "Cannot allocate memory"), "out_of_memory"),
        (RuntimeError("std::bad_alloc"), "out_of_memory"),
        (Failure("bad_adapter"), "bad_adapter"),
        (ValueError("anything"), "internal"),
    ],
)
def test_errors_have_codes(error, code):
    assert code_of(error) == code
