"""An encoder's answers to texts that are hardly any."""

import json
import math
import shutil

import pytest
from conftest import LABELS

from switchboard_trainer.answer import log_probabilities
from switchboard_trainer.base import Source
from switchboard_trainer.encoder import Encoder


def test_a_text_of_no_tokens_is_answered_alone_and_among_others(bases, tmp_path):
    folder = shutil.copytree(bases["encoder"], tmp_path / "bare")
    own = json.loads((folder / "tokenizer.json").read_text())
    (folder / "tokenizer.json").write_text(json.dumps(own | {"post_processor": None}))
    encoder = Encoder(Source(folder, "encoder"), tuple(LABELS))
    assert encoder.tokenizer.framed("", 64) == []
    alone, among = log_probabilities(encoder, 64, [""]), log_probabilities(encoder, 64, ["acme help", "", "bolt"])
    assert alone[0] == pytest.approx(among[1], abs=1e-5)
    assert all(sum(map(math.exp, row)) == pytest.approx(1, abs=1e-6) for row in alone + among)
