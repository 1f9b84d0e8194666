"""Trains a captioner for what its captions are measured by: the CIDEr-D of sentences that it samples itself.

Self-critical training (Rennie et al. 2017, arXiv:1612.00563): a sampled sentence becomes more probable when its reward
is above a baseline, and less when it is below. The baseline is the mean reward of the other sentences that were sampled
for the same window (Luo 2020, arXiv:2003.09971).

Shapes: N windows, S sentences, L words.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from instantreact.inference.vocabulary import END, PAD, SPECIALS, START, UNKNOWN, Vocabulary
from instantreact.training.captioner.config import Reward
from instantreact.training.captioner.examples import Example, Windows
from instantreact.training.captioner.model import CaptionModel
from instantreact.training.metrics.cider import CiderD, WeightedSentence

_LOWEST = -1e9


@dataclass(frozen=True, eq=False)
class SampledSentences:
    """Sentences of some windows: words (S, L) with `END` last and `PAD` behind, owners (S,), rewards (S,)."""

    words: Tensor
    owners: Tensor
    rewards: Tensor


class Rewarder:
    """Samples sentences and says what they are worth, 0..10.

    How rare an n-gram is, is counted over the training examples alone. The end of a sentence counts as a word, or else
    sentences that break off would be worth as much as whole ones.
    """

    def __init__(self, options: Reward, vocabulary: Vocabulary, train: Sequence[Example], *, max_words: int) -> None:
        self.options = options
        self._vocabulary = vocabulary
        self._max_words = max_words
        self._metric = CiderD([self._references(example) for example in train])
        self._known: dict[str, Sequence[WeightedSentence]] = {}

    def sample(self, model: CaptionModel, examples: Sequence[Example], windows: Windows) -> SampledSentences:
        """Draw sentences for each example's window from the model's own distribution, by torch's random numbers."""
        owners = torch.arange(len(examples), device=windows.features.device)
        owners = owners.repeat_interleave(self.options.sentences_per_window)
        words = sample_words(model, windows, owners, max_words=self._max_words)
        pairs = zip(owners.tolist(), words.tolist(), strict=True)
        rewards = [self._reward(examples[owner], numbers) for owner, numbers in pairs]
        return SampledSentences(words, owners, torch.tensor(rewards, device=words.device))

    def _reward(self, example: Example, numbers: Sequence[int]) -> float:
        if example.name not in self._known:
            self._known[example.name] = [self._metric.weigh(words) for words in self._references(example)]
        return self._metric.score(self._metric.weigh(self._words(numbers)), self._known[example.name])

    def _references(self, example: Example) -> list[list[str]]:
        return [self._words(sentence) for sentence in example.sentences]

    def _words(self, numbers: Sequence[int]) -> list[str]:
        words = self._vocabulary.decode(numbers).split()
        return [*words, SPECIALS[END]] if END in numbers else words


@torch.no_grad()
def sample_words(model: CaptionModel, windows: Windows, owners: Tensor, *, max_words: int) -> Tensor:
    """Sentences (S, L) for the windows that `owners` (S,) names: `END` last where it came in time, `PAD` behind it."""
    encoded = model.encoder(windows.features, windows.lengths)
    keys, memory, mask = encoded.keys[owners], encoded.memory[owners], encoded.mask[owners]
    hidden, cell = encoded.hidden[owners], encoded.cell[owners]
    last = torch.full_like(owners, START)
    ended = torch.zeros_like(owners, dtype=torch.bool)
    words: list[Tensor] = []
    while len(words) < max_words and not ended.all():
        outputs, hidden, cell = model.decoder(last[:, None], hidden, cell)
        scores = model.decoder.score(model.decoder.attend(outputs, keys, memory, mask))[:, 0].float()
        scores[:, [PAD, START, UNKNOWN] + ([] if words else [END])] = _LOWEST
        last = torch.multinomial(scores.softmax(dim=-1), 1)[:, 0].masked_fill(ended, PAD)
        words.append(last)
        ended |= last == END
    return torch.stack(words, dim=1)


def measure_reward_loss(model: CaptionModel, windows: Windows, sampled: SampledSentences, *, each: int) -> Tensor:
    """The scalar whose gradient raises the expected reward; windows have `each` sentences, one after the other."""
    rewards = sampled.rewards.view(-1, each)
    others = (rewards.sum(dim=1, keepdim=True) - rewards) / (each - 1)
    advantages = (rewards - others).view(-1, 1)  # (S, 1)
    before = torch.cat([torch.full_like(sampled.words[:, :1], START), sampled.words[:, :-1]], dim=1)
    real = sampled.words != PAD
    scores, _ = model(windows.features, windows.lengths, before, sampled.owners, real)  # (P, V)
    log_probabilities: Tensor = scores.gather(1, sampled.words[real][:, None])[:, 0]  # (P,)
    return -(advantages.expand_as(real)[real] * log_probabilities).mean()
