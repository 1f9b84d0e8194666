"""docs/vocabulary.md says what our nouns mean; what is named here is named with them."""

import ast
import inspect
import re
from collections import Counter
from collections.abc import Iterator

import pytest

from instantreact import errors
from instantreact.storage.tables import Base
from tests.conftest import REPOSITORY

CAMEL = re.compile(r"[A-Z]+(?![a-z])|[A-Z][a-z0-9]*")
PROPER = frozenset({"CiderD", "MobileNetV2"})
ERRORS = frozenset(name for name, each in vars(errors).items() if inspect.isclass(each))


def public_classes() -> Iterator[str]:
    """Every public class at the top of a module of the product, as often as it is defined."""
    for path in (REPOSITORY / "app" / "instantreact").rglob("*.py"):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                yield node.name


def known_nouns() -> frozenset[str]:
    """The words in bold."""
    bold = re.findall(r"\*\*([^*]+)\*\*", (REPOSITORY / "docs" / "vocabulary.md").read_text())
    return frozenset(word for phrase in bold for word in phrase.lower().split())


def noun_of(name: str) -> str:
    words: list[str] = CAMEL.findall(name)
    return words[-1].lower()


def is_known(noun: str, nouns: frozenset[str]) -> bool:
    return not nouns.isdisjoint({noun, noun.removesuffix("s"), noun.removesuffix("ies") + "y"})


def test_every_class_is_named_with_a_noun_of_the_vocabulary() -> None:
    nouns = known_nouns()

    unknown = {name for name in public_classes() if name not in ERRORS | PROPER and not is_known(noun_of(name), nouns)}

    assert unknown == set()


def test_every_table_is_named_with_a_noun_of_the_vocabulary() -> None:
    nouns = known_nouns()

    assert {name for name in Base.metadata.tables if not is_known(name.rpartition("_")[2], nouns)} == set()


def test_no_two_classes_share_a_name() -> None:
    assert {name for name, times in Counter(public_classes()).items() if times > 1} == set()


@pytest.mark.parametrize(("name", "known"), [("AlertGizmo", False), ("CameraLeases", True), ("Deliveries", True)])
def test_noun_is_looked_up_in_singular_and_plural(name: str, known: bool) -> None:
    assert is_known(noun_of(name), known_nouns()) is known
