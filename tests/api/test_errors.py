import re
from collections.abc import Iterator

from instantreact import errors
from instantreact.api.errors import FAILED, KINDS, kind_of
from instantreact.errors import InstantReactError


def descend(kind: type[InstantReactError]) -> Iterator[type[InstantReactError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from descend(child)


FAMILY = {kind for kind in descend(InstantReactError) if kind.__module__ == errors.__name__}


def test_kinds_maps_every_error_of_the_tree() -> None:
    assert set(KINDS) == FAMILY


def test_kinds_gives_every_error_a_name_of_its_own() -> None:
    slugs = [kind.slug for kind in KINDS.values()]

    assert len(slugs) == len(set(slugs))
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", slug) for slug in slugs)
    assert all(400 <= kind.status < 600 for kind in KINDS.values())


def test_kind_of_falls_back_to_the_nearest_ancestor() -> None:
    class Younger(errors.TooLarge):
        pass

    class Stranger(InstantReactError):
        pass

    assert kind_of(Younger) == KINDS[errors.TooLarge]
    assert kind_of(Stranger) == FAILED
