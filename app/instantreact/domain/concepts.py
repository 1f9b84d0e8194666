"""Concepts: groups of words that mean one happening. A bundle brings its own, from the recipe it was trained with."""

from collections.abc import Mapping
from types import MappingProxyType

ConceptWords = Mapping[str, tuple[str, ...]]
"""The words and phrases of each concept by its name."""

FIRST_CONCEPTS: ConceptWords = MappingProxyType(
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
"""Version 1: what a recipe without words of its own teaches, and what bundles of format 1, which name no words, learnt.

Written from what the words mean, before any model was evaluated, and not tuned to a data set.
"""
