"""Base models as they lie on disk: a Hugging Face folder, or one GGUF file. Nothing is fetched, no code of a model is run, no pickle is read."""

import json
import struct
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import torch
import transformers
from transformers import AutoConfig, AutoModel, AutoModelForCausalLM, AutoTokenizer, PretrainedConfig

from .gguf_header import read_header
from .protocol import Failure, code_of, encodable, log

KINDS = ("causal", "encoder")
# A SentencePiece model in a folder made of a GGUF file.
PIECES = "tokenizer.spm"
transformers.logging.set_verbosity_error()  # type: ignore[no-untyped-call]
transformers.logging.disable_progress_bar()  # type: ignore[no-untyped-call]


def device() -> torch.device:
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def device_name() -> str:
    """cpu, or cuda: with the name of the GPU."""
    return f"cuda:{torch.cuda.get_device_name()}" if torch.cuda.is_available() else "cpu"


@dataclass(frozen=True)
class Source:
    """Where a base model is, and of which kind. Raises Failure if it can be none."""

    path: Path
    kind: str

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise Failure("bad_model")
        whole = self.path.is_file() and self.path.suffix == ".gguf" and self.kind == "causal"
        # A folder with nothing but pickles (*.bin, *.pt) is none: they can run code.
        folder = (self.path / "config.json").is_file() and any(self.path.glob("*.safetensors"))
        if not whole and not folder:
            raise Failure("bad_model")

    @property
    def is_gguf(self) -> bool:
        return self.path.is_file()

    @property
    def where(self) -> dict[str, Any]:
        """What from_pretrained of Transformers takes."""
        named = {"gguf_file": self.path.name} if self.is_gguf else {}
        return {"pretrained_model_name_or_path": str(self.path.parent if named else self.path), "local_files_only": True, "trust_remote_code": False, **named}

    def config(self) -> PretrainedConfig:
        with _loading():
            config: PretrainedConfig = AutoConfig.from_pretrained(**self.where)
            if self.kind == "causal" and config.is_encoder_decoder:
                raise Failure("bad_model")
            return config

    def checked(self) -> tuple[int, str, int | None]:
        """How many weights the files have, the architecture, and how many tokens it reads, by headers alone."""
        with _loading():
            if self.is_gguf:
                header = read_header(self.path)
                name = header.settings["general.architecture"]
                return header.parameters, name, header.settings.get(f"{name}.context_length")
            config = self.config()
            total = sum(_safetensors_parameters(f) for f in self.path.glob("*.safetensors"))
            return total, (config.architectures or [type(config).__name__])[0], getattr(config, "max_position_embeddings", None)

    def tokenizer(self) -> "Tokenizer":
        with _loading():
            if self.is_gguf and (pieces := _pieces(self.path)):
                return Pieces(pieces)
            if (self.path / PIECES).is_file():
                return Pieces((self.path / PIECES).read_bytes())
            own = AutoTokenizer.from_pretrained(**self.where)
            if self.is_gguf:
                _mark_ends(own, self.path)
            return Tokenizer(own)

    def model(self, dtype: torch.dtype) -> Any:
        """The weights on the device: for a causal model with its head, for an encoder without any."""
        auto: Any = AutoModelForCausalLM if self.kind == "causal" else AutoModel
        named = {} if self.is_gguf else {"use_safetensors": True}
        with _loading():
            model = auto.from_pretrained(**self.where, dtype=dtype, attn_implementation="sdpa", **named)
        return model.to(device())


def _mark_ends(tokenizer: Any, path: Path) -> None:
    """Gives a tokenizer the first and last tokens that its GGUF file names: Transformers 5.17 takes others for some."""
    settings = read_header(path).settings
    for name in ("bos", "eos"):
        number = settings.get(f"tokenizer.ggml.{name}_token_id")
        if number is not None:
            setattr(tokenizer, f"{name}_token", settings["tokenizer.ggml.tokens"][number])


class _loading:
    """Makes of what a library says of a model's files the one failure that it is."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, (Failure, MemoryError)) or error is None or not isinstance(error, Exception) or code_of(error) == "out_of_memory":
            return
        log("a base model cannot be read", error)
        raise Failure("bad_model") from None


def _safetensors_parameters(path: Path) -> int:
    """Counts the weights that a safetensors file says it has."""
    try:
        with path.open("rb") as f:
            (length,) = struct.unpack("<Q", f.read(8))
            if length > 100 << 20:
                raise Failure("bad_model")
            header = json.loads(f.read(length))
        return sum(prod(t["shape"]) for name, t in header.items() if name != "__metadata__")
    except (ValueError, KeyError, TypeError, struct.error, AttributeError):
        raise Failure("bad_model") from None


class Tokenizer:
    """A tokenizer of Transformers. begin is what a text starts with (a list of no or one token), end the token that ends one, or None."""

    def __init__(self, own: Any):
        self.own = own
        self.begin: list[int] = [] if own.bos_token_id is None or own("a")["input_ids"][:1] != [own.bos_token_id] else [own.bos_token_id]
        self.end: int | None = own.eos_token_id

    def encode(self, text: str) -> list[int]:
        """The tokens of a text and nothing around them; what looks like a special token in it is text."""
        ids: list[int] = self.own(encodable(text), add_special_tokens=False, split_special_tokens=True, verbose=False)["input_ids"]
        return ids

    def framed(self, text: str, most: int) -> list[int]:
        """The beginning of a text, of most tokens with those that the model wants around it."""
        ids: list[int] = self.own(encodable(text), truncation=True, max_length=most, split_special_tokens=True, verbose=False)["input_ids"]
        return ids


class Pieces(Tokenizer):
    """A SentencePiece tokenizer of a GGUF file's own pieces: what Transformers 5.17 makes of those of Gemma has no merges and no first token."""

    def __init__(self, model: bytes):
        from sentencepiece import SentencePieceProcessor

        self.model = model
        self.own = SentencePieceProcessor(model_proto=model)
        self.begin = [self.own.bos_id()] if self.own.bos_id() >= 0 else []
        self.end = self.own.eos_id() if self.own.eos_id() >= 0 else None

    def encode(self, text: str) -> list[int]:
        ids: list[int] = self.own.encode(encodable(text))
        return ids


# Kinds of pieces, as both GGUF and SentencePiece number them.
NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = range(1, 7)


def _pieces(path: Path) -> bytes | None:
    """A SentencePiece model of the pieces in a GGUF file; None if the file has another tokenizer. It has a begin token if the file wants one before a text."""
    settings = read_header(path).settings

    def told(name: str, default: Any = None) -> Any:
        return settings.get(f"tokenizer.ggml.{name}", default)

    if told("model") not in ("llama", "gemma") or told("scores") is None:
        return None
    from sentencepiece import sentencepiece_model_pb2

    pb: Any = sentencepiece_model_pb2

    tokens, kinds = told("tokens"), told("token_type")
    numbers = {"unk": told("unknown_token_id", 0), "bos": told("bos_token_id", -1), "eos": told("eos_token_id", -1), "pad": told("padding_token_id", -1)}
    if not told("add_bos_token", True):
        numbers["bos"] = -1
    kinds[numbers["unk"]] = UNKNOWN
    model = pb.ModelProto()
    trainer, normalizer = model.trainer_spec, model.normalizer_spec
    trainer.model_type, trainer.vocab_size, trainer.byte_fallback = pb.TrainerSpec.BPE, len(tokens), BYTE in kinds
    for name, number in numbers.items():
        setattr(trainer, f"{name}_id", number)
        if number >= 0:
            setattr(trainer, f"{name}_piece", tokens[number])
    normalizer.name, normalizer.escape_whitespaces, normalizer.remove_extra_whitespaces = "identity", True, False
    normalizer.add_dummy_prefix = bool(told("add_space_prefix", True))
    for token, score, kind in zip(tokens, told("scores"), kinds):
        model.pieces.add(piece=token, score=score, type=kind)
    made: bytes = model.SerializeToString()
    return made
