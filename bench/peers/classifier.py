"""Trains scikit-learn's linear classifiers on the splits that bench/classifier writes, and measures them as it measures
the project's own: what of the test is right, how much can be answered with 95% of the answers right, time and size.

    GOEXPERIMENT=simd go run ./bench/classifier -sets balanced,natural15000 -export /tmp/splits
    pip install -r bench/peers/classifier-requirements.txt
    python bench/peers/classifier.py /tmp/splits/balanced-pipeline /tmp/splits/natural15000-pipeline

The features are those of internal/classifier: words and pairs of words, and 3 to 5 characters, of case as written, in
at least two training conversations. C is chosen on the validation conversations.
"""

import argparse
import json
import pickle
import time
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import Normalizer
from sklearn.svm import LinearSVC

MODELS = {
    "LogisticRegression": lambda c: LogisticRegression(C=c, max_iter=100),
    "LinearSVC": lambda c: LinearSVC(C=c, random_state=1),
    # Each conversation scaled to length 1 as a whole, as internal/classifier does.
    "LinearSVC-no-intercept": lambda c: make_pipeline(Normalizer(), LinearSVC(C=c, fit_intercept=False, random_state=1)),
}
CHOICES = {"LogisticRegression": (10, 100), "LinearSVC": (0.3, 1), "LinearSVC-no-intercept": (1, 4)}


def read(path):
    rows = [json.loads(line) for line in path.open()]
    return [r["text"] for r in rows], [r["first"] for r in rows], np.array([r["label"] for r in rows])


def features():
    options = {"lowercase": False, "min_df": 2, "sublinear_tf": True, "dtype": np.float32}
    return make_union(
        TfidfVectorizer(token_pattern=r"[\w']+|[^\w\s]", ngram_range=(1, 2), **options),
        TfidfVectorizer(analyzer="char", ngram_range=(3, 5), **options),
    )


def answers(model, x):
    """The best guesses, and how far each is ahead of the second best."""
    scores = model.predict_proba(x) if hasattr(model, "predict_proba") else model.decision_function(x)
    best = np.sort(scores, axis=1)
    return model.classes_[scores.argmax(axis=1)], best[:, -1] - best[:, -2]


def coverage(right, confidence):
    right = right[np.argsort(-confidence, kind="stable")]
    enough = np.flatnonzero(np.cumsum(right) >= 0.95 * np.arange(1, len(right) + 1))
    return (enough[-1] + 1) / len(right) if len(enough) else 0.0


def measure(directory, name):
    texts, _, labels = read(directory / "train.jsonl")
    valid_texts, _, valid_labels = read(directory / "validation.jsonl")
    test_texts, test_firsts, test_labels = read(directory / "test.jsonl")
    begin = time.perf_counter()
    vectorizer = features()
    x = vectorizer.fit_transform(texts)
    vectorizing = time.perf_counter() - begin
    x_valid = vectorizer.transform(valid_texts)
    best = None
    for c in CHOICES[name]:
        begin = time.perf_counter()
        model = MODELS[name](c).fit(x, labels)
        seconds = vectorizing + time.perf_counter() - begin
        accuracy = np.mean(answers(model, x_valid)[0] == valid_labels)
        if best is None or accuracy > best[0]:
            best = accuracy, c, seconds, model
    _, c, seconds, model = best
    begin = time.perf_counter()
    guess, confidence = answers(model, vectorizer.transform(test_texts))
    rate = len(test_texts) / (time.perf_counter() - begin)
    right = guess == test_labels
    written = np.array([bool(first) for first in test_firsts])
    first_guess, _ = answers(model, vectorizer.transform([first for first in test_firsts if first]))
    size = len(pickle.dumps((vectorizer, model))) / 1e6
    print(
        f"| {directory.name} | {name}, C={c} | {np.mean(right):.1%} | {coverage(right, confidence):.1%} "
        f"| {np.mean(first_guess == test_labels[written]):.1%} | {seconds:.0f} | {rate:.0f} | {size:.0f} |",
        flush=True,
    )


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("splits", nargs="+", type=Path)
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS))
    args = parser.parse_args()
    print("| set and text | classifier | accuracy | coverage at 95% precision | first tweet | training, s | answers/s | model, MB |")
    print("| --- | --- | --: | --: | --: | --: | --: | --: |", flush=True)
    for directory in args.splits:
        for name in args.models:
            measure(directory, name)


if __name__ == "__main__":
    main()
