"""The labels as a tree of tokens: which tokens have to be read, and which compete, to tell how likely each label is."""

from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Fork:
    """A place where labels part: the tokens that may come next compete there, and no others.

    after is the number of the tree token that the fork comes after, or -1 for the prompt itself.
    """

    after: int
    tokens: tuple[int, ...]


class LabelTree:
    """A tree of labels' tokens, with only those tokens that lead to a fork.

    answers has the tokens of each label, the end token last, so that no label is the beginning of another. The
    likelihood of a label is the product of its choices at the forks that it passes: the labels' likelihoods sum to 1.
    Raises ValueError if two labels have the same tokens.
    """

    def __init__(self, answers: list[list[int]]):
        if len({tuple(a) for a in answers}) != len(answers):
            raise ValueError("two labels have the same tokens")
        following: dict[tuple[int, ...], set[int]] = {}
        for answer in answers:
            for i, token in enumerate(answer):
                following.setdefault(tuple(answer[:i]), set()).add(token)
        forks = [prefix for prefix in sorted(following) if len(following[prefix]) > 1]
        nodes = sorted({prefix[: i + 1] for prefix in forks for i in range(len(prefix))}, key=lambda p: (len(p), p))
        number = {prefix: i for i, prefix in enumerate(nodes)} | {(): -1}
        self.tokens = [prefix[-1] for prefix in nodes]
        self.depths = [len(prefix) - 1 for prefix in nodes]
        self.forks = [Fork(number[prefix], tuple(sorted(following[prefix]))) for prefix in forks]
        # ancestors[i][j]: token i is read with token j before it.
        self.ancestors = torch.tensor([[a[: len(b)] == b for b in nodes] for a in nodes], dtype=torch.bool).reshape(len(nodes), len(nodes))
        # All choices of all forks stand in one row; a label takes some of them.
        starts, width = [], 0
        for fork in self.forks:
            starts.append(width)
            width += len(fork.tokens)
        self.choices = torch.zeros(width, len(answers), dtype=torch.float64)
        for label, answer in enumerate(answers):
            for fork, prefix, start in zip(self.forks, forks, starts):
                if tuple(answer[: len(prefix)]) == prefix:
                    self.choices[start + fork.tokens.index(answer[len(prefix)]), label] = 1

    def log_probabilities(self, scores: list[torch.Tensor]) -> torch.Tensor:
        """The labels' log-likelihoods, one row a text, from the scores (logits) of each fork's tokens, one row a text."""
        chosen = torch.cat([s.double().log_softmax(1) for s in scores], 1)
        return chosen @ self.choices.to(chosen.device)
