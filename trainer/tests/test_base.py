"""Base models on disk: what is taken, what is refused, what a GGUF file says."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from gguf import GGUFWriter

from switchboard_trainer.base import Pieces, Source
from switchboard_trainer.gguf_header import read_header
from switchboard_trainer.protocol import Failure

sys.path.insert(0, str(Path(__file__).parents[1]))
import models

PIECES = ["<unk>", "<s>", "</s>", "▁", "a", "b", "c", "▁a", "bc", "▁abc"] + [f"<0x{i:02X}>" for i in range(256)]
KINDS = [2, 3, 3] + [1] * 7 + [6] * 256


@pytest.fixture
def gguf_file(tmp_path):
    path = tmp_path / "model.gguf"
    writer = GGUFWriter(path, "llama")
    writer.add_context_length(77)
    writer.add_tokenizer_model("llama")
    writer.add_token_list(PIECES)
    writer.add_token_scores([0, 0, 0, -9, -9, -9, -9, -1, -2, -3] + [0] * 256)
    writer.add_token_types(KINDS)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    writer.add_add_space_prefix(False)
    writer.add_tensor("one", torch.zeros(3, 4).numpy())
    writer.add_tensor("two", torch.zeros(5).numpy())
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def test_a_header_is_read(gguf_file):
    header = read_header(gguf_file)
    assert header.parameters == 17
    assert header.settings["tokenizer.ggml.tokens"] == PIECES and header.settings["tokenizer.ggml.token_type"] == KINDS
    assert Source(gguf_file, "causal").checked() == (17, "llama", 77)


def test_pieces_of_a_gguf_file_are_merged_and_begin(gguf_file):
    tokenizer = Source(gguf_file, "causal").tokenizer()
    assert isinstance(tokenizer, Pieces) and (tokenizer.begin, tokenizer.end) == ([1], 2)
    assert [PIECES[i] for i in tokenizer.encode(" abc!")] == ["▁abc", "<0x21>"]
    assert 2 not in tokenizer.encode("</s>")


@pytest.mark.parametrize("length", [0, 3, 24, 100, 600])
def test_a_header_that_is_cut_off_is_refused(gguf_file, length):
    gguf_file.write_bytes(gguf_file.read_bytes()[:length])
    with pytest.raises(Failure) as failure:
        Source(gguf_file, "causal").checked()
    assert failure.value.code == "bad_model"


def test_pickles_and_nothing_are_refused(tmp_path, bases):
    pickles = tmp_path / "pickles"
    pickles.mkdir()
    (pickles / "config.json").write_bytes((bases["llama"] / "config.json").read_bytes())
    (pickles / "pytorch_model.bin").write_bytes(b"anything")
    for path, kind in ((pickles, "causal"), (tmp_path / "nowhere", "causal"), (bases["llama"], "decoder")):
        with pytest.raises(Failure):
            Source(path, kind)


def test_a_folder_is_checked_without_its_weights(bases):
    assert Source(bases["encoder"], "encoder").checked()[1:] == ("BertModel", 512)


def test_the_sum_of_a_folder_is_what_the_documented_command_prints(bases):
    command = "find -L . -type f | LC_ALL=C sort | xargs -d '\\n' sha256sum | sha256sum"
    printed = subprocess.run(command, shell=True, cwd=bases["llama"], capture_output=True, check=True, text=True).stdout
    assert models.sum_of(bases["llama"]) == printed.split()[0]
