"""Consecutive windows with the same sense are one event that grows: a fight of a minute is not sixty rows. Pure.

The sense of a window is which rules hold, which concepts are more likely than not, and, where no concept is, the words
of its caption. A rule that begins to hold always starts a new event, and so does time: an event grows for a minute at
most, so that a cooldown that ends meanwhile can raise a new alert.
"""

from dataclasses import dataclass

from instantreact.domain.mention import stems
from instantreact.domain.observation import Observation

LIKELY = 0.5
SHARED_WORDS = 0.5
"""Share of two captions' words that they have in common and still say the same."""
LONGEST_S = 60.0

_FILLERS = frozenset(stems("a an the is are was in on at of to and with while his her their its who someone"))


@dataclass(frozen=True)
class Sense:
    """What one window comes to."""

    rule_ids: frozenset[str]
    concepts: frozenset[str]
    words: frozenset[str]


@dataclass(frozen=True)
class Growing:
    """The last event of a connection, which the next window may add to. Times on the stream's clock."""

    event_id: str
    connection: str
    sense: Sense
    start_s: float
    end_s: float


def find_sense(observation: Observation, rule_ids: frozenset[str]) -> Sense:
    """The sense of a window in which the rules `rule_ids` hold."""
    likely = frozenset(name for name, score in observation.concepts.items() if score >= LIKELY)
    return Sense(rule_ids, likely, frozenset(stems(observation.caption.text)) - _FILLERS)


def is_same_sense(last: Sense, new: Sense) -> bool:
    """Whether the later window says nothing that the earlier did not."""
    if not new.rule_ids <= last.rule_ids or new.concepts != last.concepts:
        return False
    if new.concepts:
        return True
    together = last.words | new.words
    return not together or len(last.words & new.words) / len(together) >= SHARED_WORDS


def continues(growing: Growing | None, connection: str, observation: Observation, sense: Sense) -> bool:
    """Whether the window goes on with the growing event: same connection, no pause, not too long, same sense."""
    if growing is None or growing.connection != connection:
        return False
    window = observation.window
    follows = growing.start_s <= window.start_s <= growing.end_s
    return follows and window.end_s - growing.start_s <= LONGEST_S and is_same_sense(growing.sense, sense)
