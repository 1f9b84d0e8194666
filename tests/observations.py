"""Observations for tests."""

from instantreact.domain.concepts import FIRST_CONCEPTS
from instantreact.domain.media import Window
from instantreact.domain.mention import mention_probability
from instantreact.domain.observation import Caption, Hypothesis, Observation, Transcript


def make_observation(
    text: str = "two men are fighting near the counter",
    *,
    hypotheses: tuple[Hypothesis, ...] | None = None,
    concepts: dict[str, float] | None = None,
    transcript: Transcript | None = None,
    zones: dict[str, float] | None = None,
) -> Observation:
    """What a captioner and a recogniser might have found in the first window of a clip."""
    hypotheses = (Hypothesis(text=text, probability=1.0),) if hypotheses is None else hypotheses
    if concepts is None:  # as a bundle without calibrated concepts scores them
        concepts = {name: mention_probability(hypotheses, words) for name, words in FIRST_CONCEPTS.items()}
    return Observation(
        window=Window(index=0, start_s=0.0, end_s=2.0),
        caption=Caption(text=text, score=0.4),
        hypotheses=hypotheses,
        concepts=concepts,
        transcript=transcript,
        zones=zones or {},
    )
