"""What the loaded bundles can say, and what rules ask of them beyond it. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from instantreact.domain.concepts import ConceptWords
from instantreact.domain.mention import mentions
from instantreact.domain.rule import ConceptCondition, Criteria


@dataclass(frozen=True)
class LoadedBundle:
    """A bundle in use: its concepts with their words, and the version of these; scores compare within one version."""

    name: str
    version: str
    concepts: ConceptWords
    concepts_version: int

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


@dataclass(frozen=True)
class Capabilities:
    """The bundles that are loaded, in whichever process; none where the captioner's cannot be."""

    bundles: tuple[LoadedBundle, ...] = ()

    @property
    def concepts(self) -> ConceptWords:
        """What rules may ask for."""
        return {name: words for bundle in self.bundles for name, words in bundle.concepts.items()}

    def unknown_concepts(self, criteria: Criteria) -> dict[int, str]:
        """The concepts that conditions ask for and no loaded bundle knows, by the condition's place in the rule.

        Nothing where no bundle is loaded: one that is being repaired contradicts nobody.
        """
        asked = {at: each.concept for at, each in enumerate(criteria.conditions) if isinstance(each, ConceptCondition)}
        return {at: concept for at, concept in asked.items() if self.bundles and concept not in self.concepts}

    def describe_lack(self, rules: Iterable[Criteria]) -> str | None:
        """A sentence about the conditions of these rules that can never hold; None where every one may."""
        unknown = sorted({concept for criteria in rules for concept in self.unknown_concepts(criteria).values()})
        if not unknown:
            return None
        return (
            f"No loaded bundle knows {', '.join(unknown)}: conditions on it never hold. Known are {self.offer(unknown)}"
        )

    def describe_difference(self) -> str | None:
        """A sentence for processes that look at the same footage with different bundles; None where all agree."""
        if len(self.bundles) < 2:
            return None
        return (
            f"Processes of this service look with different bundles ({', '.join(map(str, self.bundles))}): a rule may "
            "hold in one and not in another. Give all of them the same INSTANTREACT_CAPTIONER_BUNDLE."
        )

    def offer(self, unknown: Iterable[str]) -> str:
        """The known concepts, by which bundle, and those among them that were perhaps meant by the unknown ones."""
        known = ", ".join(self.concepts)
        meant = dict.fromkeys(near for concept in unknown if (near := self._find_nearest(concept)))
        question = f" Did you mean {' or '.join(meant)}?" if meant else ""
        return f"{known} ({', '.join(str(bundle) for bundle in self.bundles)}).{question}"

    def _find_nearest(self, concept: str) -> str | None:
        """The concept one of whose words it is, or else the one that is spelt most like it."""
        meant = [name for name, words in self.concepts.items() if mentions(concept, words)]
        return next(iter(meant or get_close_matches(concept.casefold(), self.concepts, n=1)), None)
