"""The concept head learns what at least half of a clip's captions mention."""

import numpy as np

from instantreact.training.captioner.concepts import concept_logits, fit_concept_head
from instantreact.training.captioner.examples import Example
from instantreact.training.captioner.model import CaptionModel, ModelShape


def make_example(seed: int, share: float) -> Example:
    """A clip of five frames whose four features are higher by `share`."""
    features = np.random.default_rng(seed).normal(share, 0.1, (5, 4)).astype(np.float16)
    return Example(f"clip{seed}", f"s{seed}", (features,), ((3,),), np.array([share], np.float32))


def test_the_head_learns_what_half_of_the_captions_mention() -> None:
    examples = [make_example(seed, share) for seed, share in enumerate([0.5, 0.0] * 10)]
    model = CaptionModel(ModelShape(streams=(4,), vocabulary=5, concepts=1))

    fit_concept_head(model, examples, ridge=0.01)

    logits = concept_logits(model, examples)[:, 0]
    assert (logits[::2] > 0).all()
    assert (logits[1::2] < 0).all()
