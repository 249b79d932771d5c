"""Base models made here: tiny, with random weights, but read and trained as real ones are."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
from transformers import BertConfig, BertModel, Gemma3ForCausalLM, Gemma3TextConfig, GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

import switchboard_trainer

LABELS = ["Acme", "AcmeHelp", "Acme_UK", "Bolt", "BoltSupport", "Cargo"]
TEXTS = [
    "my parcel from acme is late", "acme help please", "acme in london is closed", "bolt does not charge", "support of bolt, hello",
    "where is the cargo ship", "late again", "the app of acme crashes 😡",
]  # fmt: skip


def tokenizer():
    """Bytes, and nothing learned."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    special = ["<s>", "</s>", "<pad>"]
    own = Tokenizer(models.BPE({t: i for i, t in enumerate(special + alphabet)}, []))
    own.pre_tokenizer, own.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    own.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 0)])
    return PreTrainedTokenizerFast(tokenizer_object=own, bos_token="<s>", eos_token="</s>", pad_token="<pad>")


SHAPE = {"vocab_size": 259, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64, "max_position_embeddings": 512}


def made(folder, model):
    torch.manual_seed(0)
    model = model()
    if not isinstance(model, BertModel):
        for p in model.parameters():
            torch.nn.init.normal_(p, std=0.3)  # as spread as learned ones
    model.save_pretrained(folder)
    tokenizer().save_pretrained(folder)
    return folder


MODELS = {
    "llama": lambda: LlamaForCausalLM(LlamaConfig(**SHAPE, num_key_value_heads=2)),
    "gemma": lambda: Gemma3ForCausalLM(Gemma3TextConfig(**SHAPE, num_key_value_heads=1, head_dim=8, sliding_window=400, final_logit_softcapping=5.0)),
    "gpt2": lambda: GPT2LMHeadModel(GPT2Config(vocab_size=259, n_embd=32, n_layer=2, n_head=4, n_positions=512)),
    "encoder": lambda: BertModel(BertConfig(**SHAPE, initializer_range=0.2)),
}


@pytest.fixture(scope="session")
def bases(tmp_path_factory):
    """The folder of each base model, by name."""
    root = tmp_path_factory.mktemp("bases")
    return {name: made(root / name, model) for name, model in MODELS.items()}


@pytest.fixture
def job(bases):
    """Makes a job line."""

    def make(kind="causal", base=None, **changed):
        name = base or ("llama" if kind == "causal" else "encoder")
        return {
            "type": "job", "base": str(bases.get(name, name)), "kind": kind, "labels": LABELS, "epochs": 2, "batch_size": 4,
            "learning_rate_multiplier": 1.0, "seed": 1, "max_tokens": 64, "threads": 1,
        } | changed  # fmt: skip

    return make


def examples(validation=3):
    rows = [{"type": "example", "set": "train", "text": f"{text} ({n})", "label": LABELS[i % len(LABELS)], "weight": 1} for n in range(2) for i, text in enumerate(TEXTS)]
    return rows + [{"type": "example", "set": "validation", "text": TEXTS[i], "label": LABELS[i], "weight": 2} for i in range(validation)]


def lines(*messages):
    return b"".join(json.dumps(m).encode() + b"\n" for m in messages)


class Child:
    """The program as the model server runs it."""

    def __init__(self, *args):
        root = Path(switchboard_trainer.__file__).parents[1]
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(root), "PYTHONUTF8": "1"}
        self.process = subprocess.Popen([sys.executable, "-m", "switchboard_trainer", *map(str, args)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)

    def send(self, *messages):
        self.process.stdin.write(lines(*messages))
        self.process.stdin.flush()

    def until(self, kind):
        """The messages up to the first of a type."""
        heard = []
        for line in self.process.stdout:
            heard.append(json.loads(line))
            if heard[-1].get("type") == kind:
                return heard
        raise AssertionError(f"no {kind} in {heard}: {self.process.stderr.read().decode()}")

    def rest(self):
        """The remaining messages, and the exit status. The input stays open, as a server holds it."""
        heard = [json.loads(line) for line in self.process.stdout]
        return heard, self.process.wait()


@pytest.fixture
def child():
    started = []

    def start(*args):
        started.append(Child(*args))
        return started[-1]

    yield start
    for one in started:
        one.process.kill()
        one.process.wait()
        for pipe in (one.process.stdin, one.process.stdout, one.process.stderr):
            try:
                pipe.close()
            except BrokenPipeError:
                pass
