"""What the loaded bundles can say, and what rules ask of them beyond it. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from instantreact.domain.concepts import ConceptWords
from instantreact.domain.mention import mentions
from instantreact.domain.nearest import ask_meant, find_nearest
from instantreact.domain.rule import (
    AbsenceCondition,
    ConceptCondition,
    Criteria,
    PresenceCondition,
    presence_conditions,
)


class BundleKind(StrEnum):
    """What a bundle does: says sentences, looks for things, or scores how people move."""

    CAPTIONER = "captioner"
    DETECTOR = "detector"
    POSES = "poses"


@dataclass(frozen=True)
class LoadedBundle:
    """A bundle in use: its concepts with their words, and the version of these; scores compare within one version.

    A detector has no concepts: `labels` are those that are looked for, and told of from `min_score` on.
    """

    name: str
    version: str
    concepts: ConceptWords
    concepts_version: int
    labels: tuple[str, ...] = ()
    min_score: float = 0.0
    kind: BundleKind = BundleKind.CAPTIONER

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


@dataclass(frozen=True)
class Capabilities:
    """The bundles that are loaded, in whichever process; what cannot be loaded is none of them."""

    bundles: tuple[LoadedBundle, ...] = ()

    @property
    def captioners(self) -> tuple[LoadedBundle, ...]:
        """Those that say sentences."""
        return tuple(bundle for bundle in self.bundles if not bundle.labels and bundle.kind is not BundleKind.POSES)

    @property
    def detectors(self) -> tuple[LoadedBundle, ...]:
        """Those that look for things."""
        return tuple(bundle for bundle in self.bundles if bundle.labels)

    @property
    def poses(self) -> tuple[LoadedBundle, ...]:
        """Those that score how people move."""
        return tuple(bundle for bundle in self.bundles if bundle.kind is BundleKind.POSES)

    def with_poses(self, poses: LoadedBundle) -> "Capabilities":
        """These and `poses`: what it scores, no captioner does any more."""
        others = (replace(each, concepts=_without(each.concepts, poses.concepts)) for each in self.bundles)
        return Capabilities((*others, poses))

    @property
    def labels(self) -> tuple[str, ...]:
        """What is looked for."""
        return tuple(dict.fromkeys(label for bundle in self.detectors for label in bundle.labels))

    @property
    def concepts(self) -> ConceptWords:
        """What rules may ask for."""
        return {name: words for bundle in self.bundles for name, words in bundle.concepts.items()}

    def unknown_concepts(self, criteria: Criteria) -> dict[int, str]:
        """The concepts that conditions ask for and no loaded bundle knows, by the condition's place in the rule.

        Nothing where no bundle is loaded: one that is being repaired contradicts nobody.
        """
        asked = {at: each.concept for at, each in enumerate(criteria.conditions) if isinstance(each, ConceptCondition)}
        return {at: concept for at, concept in asked.items() if self.captioners and concept not in self.concepts}

    def unknown_labels(self, criteria: Criteria) -> dict[int, str]:
        """The labels that conditions ask for and nobody looks for, by their places; nothing without a detector."""
        asked = {at: each.label for at, each in enumerate(criteria.conditions) if isinstance(each, PresenceCondition)}
        return {at: label for at, label in asked.items() if self.detectors and label not in self.labels}

    def describe_lack(self, rules: Iterable[Criteria]) -> str | None:
        """A sentence about the conditions of these rules that can never hold; None where every one may."""
        rules = list(rules)
        unknown = sorted({concept for criteria in rules for concept in self.unknown_concepts(criteria).values()})
        lacks = [self._describe_lacking_labels(rules)]
        if unknown:
            lacks.append(
                f"No loaded bundle knows {', '.join(unknown)}: conditions on it never hold. Known are "
                f"{self.offer(unknown)}"
            )
        return " ".join(lack for lack in lacks if lack) or None

    def _describe_lacking_labels(self, rules: Iterable[Criteria]) -> str | None:
        asked = sorted({each.label for criteria in rules for each in presence_conditions(criteria)})
        if asked and not self.detectors:
            return f"Nothing looks for {', '.join(asked)}, since no detector is loaded: conditions on it never hold."
        unknown = [label for label in asked if label not in self.labels]
        if not unknown:
            return None
        return (
            f"Nothing looks for {', '.join(unknown)}: conditions on it never hold. What is looked for are "
            f"{self.offer_labels(unknown)}"
        )

    def describe_untold(self, criteria: Criteria) -> str | None:
        """A sentence about conditions on things with less of a score than is told of; None where there are none.

        Absence is judged by whatever is seen.
        """
        least = min((bundle.min_score for bundle in self.detectors), default=0.0)
        asked = [each for each in presence_conditions(criteria) if not isinstance(each, AbsenceCondition)]
        if all(each.min_score >= least for each in asked):
            return None
        return f"Things are told of from a score of {least:g} on (INSTANTREACT_DETECTOR_MIN_SCORE): less finds no more."

    def describe_difference(self) -> str | None:
        """A sentence for processes that look at the same footage with different bundles; None where all agree."""
        for bundles, setting in (
            (self.captioners, "CAPTIONER_BUNDLE"),
            (self.detectors, "DETECTOR"),
            (self.poses, "POSES"),
        ):
            if len(bundles) > 1:
                return (
                    f"Processes of this service look with different bundles ({', '.join(map(str, bundles))}): a rule "
                    f"may hold in one and not in another. Give all of them the same INSTANTREACT_{setting}."
                )
        return None

    def offer(self, unknown: Iterable[str]) -> str:
        """The known concepts, by which bundle, and those among them that were perhaps meant by the unknown ones."""
        known = ", ".join(self.concepts)
        question = ask_meant(map(self._find_nearest, unknown))
        return f"{known} ({', '.join(str(bundle) for bundle in self.bundles if bundle.concepts)}).{question}"

    def offer_labels(self, unknown: Iterable[str]) -> str:
        """What is looked for, by which bundle, and what was perhaps meant by the unknown ones."""
        question = ask_meant(find_nearest(label, self.labels) for label in unknown)
        bundles = ", ".join(map(str, self.detectors))
        return f"{', '.join(self.labels)} ({bundles}; INSTANTREACT_DETECTOR_LABELS says what).{question}"

    def _find_nearest(self, concept: str) -> str | None:
        """The concept one of whose words it is, or else the one that is spelt most like it."""
        meant = [name for name, words in self.concepts.items() if mentions(concept, words)]
        return meant[0] if meant else find_nearest(concept, self.concepts)


def _without(concepts: ConceptWords, scored: ConceptWords) -> ConceptWords:
    return {name: words for name, words in concepts.items() if name not in scored}
