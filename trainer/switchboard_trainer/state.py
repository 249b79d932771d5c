"""What a training leaves on disk: a checkpoint to resume from, and an adapter folder for each epoch.

Both are written beside their place, synced and renamed: a process killed at any moment leaves the old or the new.
Neither has a word of the examples in it, and neither is a pickle.
"""

import json
import os
import shutil
import struct
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file

from .protocol import Failure

CHECKPOINT = "checkpoint.safetensors"
FORMAT = 1


def write_checkpoint(folder: Path, tensors: dict[str, torch.Tensor], told: dict[str, Any]) -> None:
    new = folder / (CHECKPOINT + ".new")
    save_file({n: t.detach().contiguous().clone() for n, t in tensors.items()}, new, {"told": json.dumps(told)})
    _sync(new)
    os.replace(new, folder / CHECKPOINT)
    _sync(folder)


def read_checkpoint(folder: Path) -> tuple[dict[str, torch.Tensor], dict[str, Any]] | None:
    """The tensors of a checkpoint and what was told with them; None if there is none that can be read."""
    path = folder / CHECKPOINT
    try:
        with safe_open(path, "pt") as f:
            told = json.loads((f.metadata() or {})["told"])
        return load_file(path), told
    except (FileNotFoundError, SafetensorError, KeyError, ValueError, struct.error):
        return None


def write_adapter(folder: Path, weights: dict[str, torch.Tensor], labels: tuple[str, ...], described: dict[str, Any], max_tokens: int) -> None:
    """Makes an adapter folder, in the place of one of the same name."""
    new = folder.with_name(folder.name + ".new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(mode=0o700)
    save_file({n: t.detach().cpu().contiguous().clone() for n, t in weights.items()}, new / "adapter.safetensors")
    told = {"format": FORMAT, "base_sha256": None, "labels": labels, "max_tokens": max_tokens, **described}
    (new / "adapter.json").write_text(json.dumps(told, ensure_ascii=False, indent=1), encoding="utf-8")
    for path in (*new.iterdir(), new):
        _sync(path)
    shutil.rmtree(folder, ignore_errors=True)
    os.rename(new, folder)
    _sync(folder.parent)


def read_adapter(folder: Path) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """The weights of an adapter folder and its description. Raises Failure if it cannot be read."""
    try:
        told = json.loads((folder / "adapter.json").read_text(encoding="utf-8"))
        labels = told["labels"]
        if told["format"] != FORMAT or not isinstance(labels, list) or not all(isinstance(label, str) for label in labels) or type(told["max_tokens"]) is not int:
            raise Failure("bad_adapter")
        return load_file(folder / "adapter.safetensors"), told
    except (OSError, SafetensorError, KeyError, TypeError, ValueError):
        raise Failure("bad_adapter") from None


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
