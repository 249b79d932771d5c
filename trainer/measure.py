"""Trains a base model on a part of a split and measures its answers; prints one line of JSON.

    go run ./bench/classifier -sets natural -export FOLDER
    trainer/.venv/bin/python trainer/measure.py --splits FOLDER/natural-pipeline --base models/smollm2 --kind causal --texts first --examples 3000 --tests 1000

A split is a folder with train, validation and test as .jsonl or .jsonl.gz, each line with text, first and label, as the
benchmark of the linear classifier exports them. Tests of labels that were not trained count as wrong.
"""

import argparse
import gzip
import json
import os
import tempfile
import time
from pathlib import Path

import torch

from switchboard_trainer.answer import log_probabilities
from switchboard_trainer.base import device_name
from switchboard_trainer.protocol import Example, Job, Line, Stop, Work
from switchboard_trainer.state import read_adapter
from switchboard_trainer.train import Training, make_learner


def read(folder, part, texts, most):
    """Texts with their labels, the first ones of a part: whole conversations, or each customer's first tweet."""
    path = next(p for p in (folder / f"{part}.jsonl", folder / f"{part}.jsonl.gz") if p.exists())
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8") as f:
        rows = [json.loads(line) for line in f]
    rows = [(r["first" if texts == "first" else "text"], r["label"]) for r in rows]
    return [r for r in rows if r[0]][:most]


def judged(found, labels, truths):
    """Accuracy, coverage at 95% precision, macro F1 over trained labels that are tested, calibration error."""
    best = [(max(row), labels[row.index(max(row))], truth) for row, truth in zip(found, truths)]
    answers = sorted(((2.718281828459045**p, guess == truth) for p, guess, truth in best), reverse=True)
    right = covered = 0
    gaps = [0.0] * 10
    for i, (confidence, good) in enumerate(answers):
        right += good
        covered = i + 1 if right >= 0.95 * (i + 1) else covered
        gaps[min(int(confidence * 10), 9)] += confidence - good
    tested = [label for label in labels if label in truths]
    f1 = [2 * sum(g == t == label for _, g, t in best) / (sum(g == label for _, g, _ in best) + truths.count(label)) for label in tested]
    n = len(best)
    return {"tests": n, "accuracy": right / n, "coverage_at_95": covered / n, "macro_f1": sum(f1) / len(f1), "calibration_error": sum(map(abs, gaps)) / n}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--splits", type=Path, required=True)
    parser.add_argument("--base", required=True)
    parser.add_argument("--kind", choices=("causal", "encoder"), required=True)
    parser.add_argument("--texts", choices=("first", "whole"), default="first")
    parser.add_argument("--examples", type=int, default=10**9, help="train on so many of the first")
    parser.add_argument("--tests", type=int, default=10**9, help="test and validate on so many of the first")
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--rate", type=float, default=1.0, help="multiplier of the learning rate")
    parser.add_argument("--max-tokens", type=int, default=256)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, help="write the tests' log-probabilities here")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    train, validation, test = (read(args.splits, part, args.texts, most) for part, most in (("train", args.examples), ("validation", args.tests), ("test", args.tests)))
    labels = sorted({label for _, label in train})
    job = Job(args.base, args.kind, tuple(labels), args.epochs, args.batch_size, args.rate, args.seed, args.max_tokens)
    sets = [[Example(text, labels.index(label), 1.0) for text, label in rows if label in labels] for rows in (train, validation)]
    with tempfile.TemporaryDirectory() as scratch:
        learner = make_learner(job)
        training = Training(Work(job, *sets, "measured"), learner, Path(scratch), Line(os.fdopen(os.dup(2), "wb")), Stop())
        begun, used = time.monotonic(), time.process_time()
        training.run()
        took, used = time.monotonic() - begun, time.process_time() - used
        best = training.best()
        learner.load(read_adapter(Path(scratch) / f"epoch-{best}")[0])
        size = (Path(scratch) / f"epoch-{best}" / "adapter.safetensors").stat().st_size
    learner.answering()
    begun, asking = time.monotonic(), time.process_time()
    found = log_probabilities(learner, args.max_tokens, [text for text, _ in test])
    told = judged(found, labels, [label for _, label in test])
    speed = {
        "tokens": training.tokens, "train_s": took, "train_cpu_s": used, "tokens_per_cpu_s": training.tokens / used,
        "answers_s": len(test) / (time.monotonic() - begun), "answers_per_cpu_s": len(test) / (time.process_time() - asking), "adapter_mb": size / 1e6,
    }  # fmt: skip
    if args.out:
        args.out.write_text(json.dumps({"labels": labels, "truths": [label for _, label in test], "log_probabilities": found}))
    print(
        json.dumps(
            {
                "base": Path(args.base).name,
                "kind": args.kind,
                "texts": args.texts,
                "examples": len(sets[0]),
                "labels": len(labels),
                "epochs": args.epochs,
                "best": best,
                "device": device_name(),
                **{k: round(v, 4) for k, v in (told | speed).items()},
            }
        )
    )


if __name__ == "__main__":
    main()
