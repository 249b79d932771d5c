"""The header of a GGUF file: its settings and how many weights it has.

The library gguf makes an object of each of a vocabulary's pieces, which takes a minute where this takes none.
"""

import struct
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

# The formats of single values by their numbers; 8 is a string and 9 an array.
FORMATS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
STRING, ARRAY = 8, 9
# What a header may have of anything, so that a broken file does not take all memory.
MOST = 1 << 27


@dataclass(frozen=True)
class Header:
    """Settings by name, arrays as lists; parameters is the number of weights."""

    settings: dict[str, Any]
    parameters: int


def read_header(path: Path) -> Header:
    """Raises ValueError if the file is not such a file, or is cut off."""
    try:
        with path.open("rb") as f:
            magic, version, tensors, settings = struct.unpack("<4sIQQ", f.read(24))
            if magic != b"GGUF" or version not in (2, 3) or max(tensors, settings) > MOST:
                raise ValueError("not a GGUF file of version 2 or 3")
            told = {}
            for _ in range(settings):
                name = _string(f)
                told[name] = _value(f, _number(f, "I"))
            return Header(told, sum(_tensor(f) for _ in range(tensors)))
    except struct.error:
        raise ValueError("the file is cut off") from None


def _number(f: BinaryIO, form: str) -> Any:
    return struct.unpack("<" + form, f.read(struct.calcsize("<" + form)))[0]


def _string(f: BinaryIO) -> str:
    length = _number(f, "Q")
    if length > MOST:
        raise ValueError("a string is too long")
    return f.read(length).decode("utf-8", "replace")


def _value(f: BinaryIO, kind: int) -> Any:
    if kind == STRING:
        return _string(f)
    if kind != ARRAY:
        if kind not in FORMATS:
            raise ValueError("a value of an unknown kind")
        return _number(f, FORMATS[kind])
    inner, length = _number(f, "I"), _number(f, "Q")
    if length > MOST:
        raise ValueError("an array is too long")
    if inner == STRING:
        return [_string(f) for _ in range(length)]
    if inner not in FORMATS:
        raise ValueError("an array of an unknown kind")
    form = np.dtype("<" + FORMATS[inner])
    return np.frombuffer(f.read(length * form.itemsize), form, length).tolist()


def _tensor(f: BinaryIO) -> int:
    """Passes over the description of a tensor, and returns the number of its weights."""
    _string(f)
    dimensions = _number(f, "I")
    if dimensions > 8:
        raise ValueError("a tensor of too many dimensions")
    shape = [_number(f, "Q") for _ in range(dimensions)]
    f.read(4 + 8)
    return prod(shape)
