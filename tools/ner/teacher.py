"""Fine-tunes the teacher on the corpora and on generated tweets."""

import argparse
import time

import numpy as np
import torch

import corpora
import gazetteer
import generate
import model


def main():
    args = argparse.ArgumentParser(description=__doc__)
    args.add_argument("--corpora", required=True, help="folder with wnut17, btc, tweebank and presidio_synthetic")
    args.add_argument("--out", required=True, help="file for the weights")
    args.add_argument("--epochs", type=int, default=2)
    args.add_argument("--generated", type=int, default=6000)
    args.add_argument("--seed", type=int, default=1)
    args = args.parse_args()

    torch.manual_seed(args.seed)
    rng = np.random.default_rng(args.seed)
    real = corpora.training(args.corpora)
    tok, kinds = model.tokenizer(), gazetteer.read()
    teacher = model.Teacher()
    held = {name: (texts, model.encode(tok, texts, kinds)) for name, texts in corpora.held_out(args.corpora).items()}

    no_decay = ("bias", "LayerNorm.weight")
    groups = [
        {"params": [p for n, p in teacher.named_parameters() if not n.endswith(no_decay)], "weight_decay": 0.01},
        {"params": [p for n, p in teacher.named_parameters() if n.endswith(no_decay)], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, lr=1.5e-4)
    epochs = []
    for e in range(args.epochs):
        texts = real + list(generate.renamed(real, args.seed + 10 * e, 0.4)) + generate.generate(args.generated, args.seed + 10 * e + 1)
        rows = model.encode(tok, texts, kinds, rng)
        epochs.append((rows, model.batches(rows, 1536, rng)))
    steps = sum(len(b) for _, b in epochs)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda s: min((s + 1) / (0.06 * steps), max(0.0, (steps - s) / (0.94 * steps))))
    start, step = time.time(), 0
    for e, (rows, order) in enumerate(epochs):
        teacher.train()
        for index in order:
            ids, types, mask, labels = model.collate(rows, index)
            logits = teacher(ids, types, mask)
            loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), labels.flatten(), ignore_index=-100)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(teacher.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            step += 1
            if step % 50 == 0:
                print(f"step {step}/{steps} loss {loss.item():.4f} {time.time() - start:.0f} s", flush=True)
        for name, (texts, rows_held) in held.items():
            probs = model.probabilities(teacher, rows_held)
            print(f"epoch {e + 1} {name}", *(f"at {t}: recall %.3f of %d, %d false words;" % model.entity_recall(texts, rows_held, probs, t) for t in (0.5, 0.2, 0.1)), flush=True)
        torch.save(teacher.state_dict(), args.out)


if __name__ == "__main__":
    main()
