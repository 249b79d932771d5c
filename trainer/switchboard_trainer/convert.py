"""Makes of a GGUF file the folder that is read in a second, where the file takes a minute to take apart: its weights in 16 bits, its tokenizer, its settings."""

import os
import shutil
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_model

from .base import PIECES, Pieces, Source
from .protocol import Failure


def convert(source: Source, folder: Path) -> None:
    """Writes the folder, which must not exist."""
    if not source.is_gguf or folder.exists():
        raise Failure("bad_model")
    new = folder.with_name(folder.name + ".new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    tokenizer = source.tokenizer()
    if isinstance(tokenizer, Pieces):
        (new / PIECES).write_bytes(tokenizer.model)
    else:
        tokenizer.own.save_pretrained(new)
    model: Any = source.model(torch.float16)
    # Transformers takes it for a quantized model, which it does not save.
    config = model.config
    config.architectures, config.dtype = [type(model).__name__], torch.float16
    if hasattr(config, "quantization_config"):
        del config.quantization_config
    config.save_pretrained(new)
    save_model(model.cpu(), str(new / "model.safetensors"), {"format": "pt"})
    os.rename(new, folder)
