"""Embeds the splits that bench/classifier writes, in ONNX Runtime, for bench/classifier -vectors. The vectors are those of
-encoder but for what that folds to ASCII.

    GOEXPERIMENT=simd go run ./bench/classifier -sets balanced500 -export /tmp/splits
    pip install numpy==2.4.6 onnxruntime==1.28.0 tokenizers==0.23.3
    python bench/peers/embed.py --encoder /models/e5 --out /tmp/e5.jsonl /tmp/splits/balanced500-pipeline

A folder without model.onnx, as sentence-transformers saves it, is run in PyTorch (torch, transformers).
"""

import argparse
import json
import os
import time
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

LONGEST, ROWS = 128, 32


def texts(splits):
    """Every text and every customer's first tweet of the splits, once."""
    found = {}
    for split in splits:
        for path in sorted(split.glob("*.jsonl")):
            for line in path.open():
                row = json.loads(line)
                found[row["text"]] = True
                if path.stem == "test" and row["first"]:
                    found[row["first"]] = True
    return list(found)


def prompt(folder):
    path = folder / "config_sentence_transformers.json"
    settings = json.loads(path.read_text()) if path.exists() else {}
    return settings.get("prompts", {}).get(settings.get("default_prompt_name"), "")


def runner(folder):
    """What makes vectors of tokens of ids and their mask."""
    if (folder / "model.onnx").exists():
        import onnxruntime

        session = onnxruntime.InferenceSession(str(folder / "model.onnx"), providers=["CPUExecutionProvider"])
        names = {i.name for i in session.get_inputs()}

        def run(ids, mask):
            feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
            return session.run(None, {n: v for n, v in feed.items() if n in names})[0]

        return run
    import torch
    from transformers import AutoModel

    model = AutoModel.from_pretrained(folder).eval()

    @torch.no_grad()
    def run(ids, mask):
        return model(input_ids=torch.from_numpy(ids), attention_mask=torch.from_numpy(mask)).last_hidden_state.numpy()

    return run


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("splits", nargs="+", type=Path)
    parser.add_argument("--encoder", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    tokenizer = Tokenizer.from_file(str(args.encoder / "tokenizer.json"))
    tokenizer.enable_truncation(LONGEST)
    tokenizer.enable_padding()
    run, front = runner(args.encoder), prompt(args.encoder)
    done = {json.loads(line)["text"] for line in args.out.open()} if args.out.exists() else set()
    todo = sorted((t for t in texts(args.splits) if t not in done), key=len)
    begin, used = time.perf_counter(), time.process_time()
    with args.out.open("a") as out:
        for at in range(0, len(todo), ROWS):
            batch = todo[at : at + ROWS]
            encoded = tokenizer.encode_batch([front + t for t in batch])
            ids, mask = (np.array([getattr(e, n) for e in encoded], dtype=np.int64) for n in ("ids", "attention_mask"))
            vectors = (run(ids, mask) * mask[..., None]).sum(axis=1)
            vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
            for text, vector in zip(batch, vectors):
                out.write(json.dumps({"text": text, "vector": [round(float(v), 6) for v in vector]}) + "\n")
    wall, used = time.perf_counter() - begin, time.process_time() - used
    load = os.getloadavg()[0]
    print(f"{len(todo)} texts in {wall:.0f} s, {used:.0f} s of a processor; load {load:.1f}")


if __name__ == "__main__":
    main()
