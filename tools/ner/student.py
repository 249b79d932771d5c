"""Distils the teacher into the student, and exports it for hugot.

The student learns from the labels and from the teacher's opinion of the
corpora's texts, besides from generated tweets, whose labels are exact.
"""

import argparse
import hashlib
import random
import re
import time
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

import corpora
import gazetteer
import generate
import model


def lowered(texts, share, seed):
    """Copies of some texts in lower case, as many customers write."""
    rng = np.random.default_rng(seed)
    return [corpora.Text(t.text.lower(), t.spans, t.source, t.made) for t in texts if rng.random() < share]


def scrambled(texts, copies, seed):
    """Copies of texts in which a quarter of the words are others of the corpora,
    or two of them run together. What is a name in them the teacher alone can say:
    what it knows of words and places goes over to the student in this way."""
    rng = random.Random(seed)
    words = sorted({m[0] for t in texts for m in re.finditer(r"[A-Za-z']+", t.text)})

    def other(match):
        if rng.random() > 0.25:
            return match[0]
        word = rng.choice(words)
        if rng.random() < 0.1:
            word = (word + rng.choice(words)).lower()
        if rng.random() < 0.5:
            word = word.lower() if match[0].islower() else word.upper() if match[0].isupper() and len(match[0]) > 2 else word.capitalize()
        return word

    return [corpora.Text(re.sub(r"[A-Za-z']+", other, t.text), source="scrambled") for _ in range(copies) for t in texts]


def reduced(table, width):
    """The teacher's word embeddings in fewer dimensions, by their principal
    components, scaled to what a layer likes."""
    centred = table - table.mean(0)
    _, _, components = torch.linalg.svd(centred[torch.randperm(len(centred))[:12000]], full_matrices=False)
    out = centred @ components[:width].T
    return out / out.std() * 0.5


def train(student, rows, soft, args, held):
    optimizer = torch.optim.AdamW(student.parameters(), lr=args.rate, weight_decay=1e-4)
    rng = np.random.default_rng(args.seed)
    weights = torch.tensor([1.0, 2.0, 2.0])
    steps = len(model.batches(rows, args.tokens)) * args.epochs
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, args.rate, total_steps=steps + 200, pct_start=0.1)
    # The mean of the last weights does better than the last.
    mean = AveragedModel(student, multi_avg_fn=get_ema_multi_avg_fn(0.998))
    start = time.time()
    for epoch in range(args.epochs):
        student.train()
        total = 0.0
        order = model.batches(rows, args.tokens, rng)
        for index in order:
            ids, types, mask, labels = model.collate(rows, index)
            # A student that knows a word by heart learns nothing of its place.
            hide = torch.rand(ids.shape) < 0.06
            ids = torch.where(hide & (ids > 998), 100, ids)
            logits = student(ids, types, mask)
            # The labels of a text that was made are right; of the others the
            # teacher knows more than their labels say.
            target = nn.functional.one_hot(labels.clamp(min=0), len(model.LABELS)).float()
            for n, i in enumerate(index):
                if i < len(soft):
                    target[n, : len(soft[i])] = torch.from_numpy(soft[i].astype(np.float32))
            keep = mask.bool()
            hard = nn.functional.cross_entropy(logits.flatten(0, 1), labels.flatten(), weight=weights, ignore_index=-100)
            gentle = nn.functional.cross_entropy(logits[keep], target[keep])
            loss = args.hard * hard + (1 - args.hard) * gentle if (labels >= 0).any() else gentle
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(student.parameters(), 1.0)
            optimizer.step()
            if schedule.last_epoch < schedule.total_steps - 1:  # shuffling may make a few batches more
                schedule.step()
            mean.update_parameters(student)
            total += loss.item()
        print(f"epoch {epoch + 1} of {args.epochs}: loss {total / len(order):.4f}, {time.time() - start:.0f} s", flush=True)
        if epoch % 2 == 1 or epoch == args.epochs - 1:
            measure(mean.module, held)
    student.load_state_dict(mean.module.state_dict())


def measure(m, held):
    for name, (texts, rows) in held.items():
        probs = model.probabilities(m, rows)
        print(f"  {name}", *(f"at {t}: recall %.3f of %d, %d false words;" % model.entity_recall(texts, rows, probs, t) for t in (0.5, 0.2, 0.1)), flush=True)


def export(student, path):
    """Writes the graph by hand: few nodes, of kinds that hugot's Go backend is
    quick at. The embeddings are kept in eight bits, with a scale a row. The
    configuration names the gazetteer by its hash."""
    initializers, nodes = [], []

    def constant(array):
        name = f"c{len(initializers)}"
        initializers.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def node(kind, *inputs, **attributes):
        name = f"n{len(nodes)}"
        nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def moved(x, by):
        pads = [0, max(by, 0), 0, 0, max(-by, 0), 0]
        padded = node("Pad", x, constant(np.array(pads, np.int64)))
        ends = (0, -by) if by > 0 else (-by, 2**31 - 1)
        return node("Slice", padded, *(constant(np.array([v], np.int64)) for v in (*ends, 1)))

    def linear(x, layer):
        weight, bias = (p.detach().numpy() for p in (layer.weight, layer.bias))
        return node("Add", node("MatMul", x, constant(weight.T)), constant(bias))

    table = student.words.weight.detach().numpy()
    scale = np.maximum(np.abs(table).max(1, keepdims=True), 1e-6) / 127
    words = node("Cast", node("Gather", constant(np.round(table / scale).astype(np.int8)), "input_ids"), to=TensorProto.FLOAT)
    x = node("Mul", words, node("Gather", constant(scale.astype(np.float32)), "input_ids"))
    x = node("Add", x, node("Gather", constant(student.types.weight.detach().numpy()), "token_type_ids"))
    mask = node("Unsqueeze", node("Cast", "attention_mask", to=TensorProto.FLOAT), constant(np.array([2], np.int64)))
    x = node("Mul", x, mask)
    for d, layer in zip(student.dilations, student.layers):
        near = node("Concat", moved(x, d), x, moved(x, -d), axis=2)
        x = node("Mul", node("Add", x, node("Relu", linear(near, layer))), mask)
    linear(x, student.head)
    nodes[-1].output[0] = "logits"
    inputs = [helper.make_tensor_value_info(n, TensorProto.INT64, ["batch", "sequence"]) for n in ("input_ids", "token_type_ids", "attention_mask")]
    outputs = [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", "sequence", len(model.LABELS)])]
    graph = helper.make_graph(nodes, "names", inputs, outputs, initializers)
    exported = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], producer_name="switchboard")
    exported.ir_version = 8
    onnx.checker.check_model(exported)
    path = Path(path)
    path.mkdir(parents=True, exist_ok=True)
    onnx.save(exported, str(path / "model.onnx"))
    model.tokenizer().save(str(path / "tokenizer.json"), pretty=False)
    model.save_json(path / "config.json", {
        "model_type": "switchboard-dilated",
        "architectures": ["SwitchboardDilatedForTokenClassification"],
        "id2label": {str(i): label for i, label in enumerate(model.LABELS)},
        "label2id": {label: i for i, label in enumerate(model.LABELS)},
        "max_position_embeddings": model.LONGEST,
        "token_types": "case and gazetteer",
        "gazetteer_sha256": hashlib.sha256(gazetteer.FILE.read_bytes()).hexdigest(),
        "hidden_size": student.words.embedding_dim,
        "dilations": list(student.dilations),
        "vocab_size": student.words.num_embeddings,
    })


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--corpora", required=True)
    p.add_argument("--teacher", required=True, help="the teacher's weights")
    p.add_argument("--out", required=True, help="folder for the exported model")
    p.add_argument("--width", type=int, default=192)
    p.add_argument("--dilations", type=int, nargs="+", default=[1, 2, 4, 1])
    p.add_argument("--generated", type=int, default=30000)
    p.add_argument("--scrambled", type=int, default=4, help="copies of the corpora with other words")
    p.add_argument("--epochs", type=int, default=6)
    p.add_argument("--rate", type=float, default=2e-3)
    p.add_argument("--tokens", type=int, default=4096)
    p.add_argument("--hard", type=float, default=0.4, help="weight of the labels; the rest is the teacher's")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--cache", help="file that keeps the teacher's answers")
    args = p.parse_args()

    torch.manual_seed(args.seed)
    torch.set_flush_denormal(True)
    tok, kinds = model.tokenizer(), gazetteer.read()
    real = corpora.training(args.corpora)
    swapped = list(generate.renamed(real, args.seed + 100, 1.0)) + list(generate.renamed(real, args.seed + 101, 1.0))
    others = scrambled(real, args.scrambled, args.seed)
    judged = len(real) + len(swapped) + len(others)
    texts = real + swapped + others + lowered(real, 0.3, args.seed) + generate.generate(args.generated, args.seed + 102)
    rows = model.encode(tok, texts, kinds, np.random.default_rng(args.seed))
    for _, _, labels, _ in rows[judged - len(others) : judged]:
        labels[:] = -100  # nobody has labelled them
    print(f"{len(texts)} texts, {sum(len(r[0]) for r in rows)} tokens", flush=True)

    teacher = model.Teacher()
    teacher.load_state_dict(torch.load(args.teacher))
    held = {name: (t, model.encode(tok, t, kinds)) for name, t in corpora.held_out(args.corpora).items()}
    if args.cache and Path(args.cache).exists():
        soft = torch.load(args.cache, weights_only=False)
    else:
        soft = [s.astype(np.float16) for s in model.probabilities(teacher, rows[:judged])]
        if args.cache:
            torch.save(soft, args.cache)
    measure(teacher, held)

    table = teacher.encoder.embeddings.word_embeddings.weight.detach()
    student = model.Student(len(table), args.width, args.dilations)
    student.words.weight.data.copy_(reduced(table, args.width))
    print(f"{sum(q.numel() for q in student.layers.parameters())} weights beside the embeddings", flush=True)
    train(student, rows, soft, args, held)
    torch.save(student.state_dict(), str(args.out).rstrip("/") + ".pt")
    export(student, args.out)


if __name__ == "__main__":
    main()
