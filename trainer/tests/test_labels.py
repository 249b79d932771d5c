"""The labels' tree: exact likelihoods, and only what they take."""

import pytest
import torch
from conftest import LABELS, TEXTS

from switchboard_trainer.base import Source
from switchboard_trainer.causal import Causal, CausalBase
from switchboard_trainer.labels import LabelTree
from switchboard_trainer.protocol import Failure


def test_only_tokens_that_lead_to_a_fork_are_read():
    tree = LabelTree([[1, 2, 9], [1, 2, 3, 9], [4, 5, 6, 9]])
    assert tree.tokens == [1, 2]
    assert [(f.after, f.tokens) for f in tree.forks] == [(-1, (1, 4)), (1, (3, 9))]


def test_a_label_that_begins_another_has_its_own_likelihood():
    tree = LabelTree([[1, 9], [1, 2, 9]])
    third = torch.tensor([[0.0, torch.tensor(2.0).log()]])
    assert tree.log_probabilities([third]).exp().tolist()[0] == pytest.approx([2 / 3, 1 / 3], abs=1e-7)


def test_labels_of_the_same_tokens_are_refused():
    with pytest.raises(ValueError):
        LabelTree([[1, 9], [1, 9]])


def asked_one_by_one(base, prompt, answers, label):
    """The log-likelihood of a label by plain reading: of each token, those compete that continue a label."""
    answer, total = answers[label], 0.0
    plain = base.model(input_ids=torch.tensor([prompt + answer])).logits[0].double()
    for i, token in enumerate(answer):
        rivals = sorted({a[i] for a in answers if a[:i] == answer[:i]})
        total += plain[len(prompt) + i - 1, rivals].log_softmax(0)[rivals.index(token)].item()
    return total


@pytest.mark.parametrize("name", ["llama", "gemma", "gpt2"])
@torch.no_grad()
def test_likelihoods_are_those_of_one_label_at_a_time(bases, name):
    base = CausalBase(Source(bases[name], "causal"))
    model = Causal(base, tuple(LABELS), "random")
    for weight in model.weights().values():
        torch.nn.init.normal_(weight, std=0.1)
    answers = [[*base.tokenizer.encode(" " + label), base.end] for label in LABELS]
    prompts = [model.encode(text, 64) for text in TEXTS]
    found = model.log_probabilities(prompts).exp()
    wanted = torch.tensor([[asked_one_by_one(base, p, answers, i) for i in range(len(LABELS))] for p in prompts], dtype=torch.float64).exp()
    assert found.tolist() == [pytest.approx(row, abs=1e-6) for row in wanted.tolist()]
    assert found.sum(1).tolist() == pytest.approx([1] * len(TEXTS), abs=1e-9)
    assert found.max() - found.min() > 0.1  # something was told apart at all


def test_a_model_that_ignores_the_mask_is_refused(bases, monkeypatch):
    scores = CausalBase.scores

    def flat(self, rows, tree):
        tree.ancestors = torch.ones_like(tree.ancestors)
        return scores(self, rows, tree)

    monkeypatch.setattr(CausalBase, "scores", flat)
    with pytest.raises(Failure) as failure:
        CausalBase(Source(bases["llama"], "causal"))
    assert failure.value.code == "bad_model"


def test_a_long_text_keeps_its_beginning(bases):
    base = CausalBase(Source(bases["llama"], "causal"))
    model = Causal(base, tuple(LABELS), "one")
    long = "x" * 5000
    assert len(model.encode(long, 10)) == len(model.encode("", 10)) + 10
    assert model.encode("begins " + long, 7) == model.encode("begins ", 7)
    whole = model.encode(long, 10**6)
    assert len(whole) + len(model.tree.tokens) == 512
    model.log_probabilities([whole])


def test_what_looks_like_a_special_token_in_a_text_is_text(bases):
    tokenizer = Source(bases["llama"], "causal").tokenizer()
    assert len(tokenizer.encode("</s>")) == 4
    assert tokenizer.begin == [0]
