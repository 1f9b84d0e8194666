"""Concepts: groups of words that mean one happening.

The groups were written from what the words mean, before any model was evaluated, and are not tuned to a data set.
Change them only together with VERSION: scores are comparable within one version only.
"""

from collections.abc import Mapping
from types import MappingProxyType

VERSION = 1

CONCEPTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "fight": (
            "fight", "fighting", "fought", "brawl", "punch", "kick", "hit", "beat", "beating", "slap", "strike",
            "attack", "assault", "wrestle", "struggle", "scuffle", "shove", "push each other", "push another",
            "pushes a man", "grab each other", "grab another", "grapple", "choke", "stab", "violence",
        ),
        "fall": (
            "fall", "falls", "falling", "fell", "collapse", "tumble", "slip", "trip", "faint",
            "drops to the floor", "drops to the ground",
        ),
        "fire": ("fire", "flame", "burn", "burning", "blaze", "smoke", "ignite"),
    }
)  # fmt: skip
