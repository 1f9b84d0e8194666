"""Links of the description (OpenAPI 3.1, Link Object): what can be asked about a thing that an answer shows.

They follow from how paths are named, `/things` and `/things/{thing_id}`: a new route needs no line here.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

Json = Mapping[str, Any]

_OF_THING = re.compile(r"(/[a-z]+)/\{([a-z]+_id)\}(/[a-z0-9.]+)?")


def add_links(described: dict[str, Any]) -> None:
    """Write links into each answer of `described` that shows a thing or the id of another."""
    things = _find_things(described)
    for path, operation in _list_operations(described):
        collection = path.partition("/{")[0]
        for status, answer in operation["responses"].items():
            shown = _resolve(described, answer.get("content", {}).get("application/json", {}).get("schema", {}))
            links = dict(_list_links(described, things, collection, shown))
            if status.startswith("2") and links:
                answer["links"] = links


def _find_things(described: Json) -> Mapping[str, str]:
    """The collection of each parameter: that of `rule_id` is `/rules`."""
    found = (_OF_THING.fullmatch(path) for path in described["paths"])
    return {each[2]: each[1] for each in found if each}


def _list_links(
    described: Json, things: Mapping[str, str], collection: str, shown: Json
) -> Iterator[tuple[str, dict[str, Any]]]:
    """The links of an answer that shows `shown`, by their names, which are those of the operations they lead to."""
    for name, schema in shown.get("properties", {}).items():
        nested = _resolve(described, schema)
        if name in things:
            reads = _list_uses(described, name, only_at=f"{things[name]}/{{{name}}}", methods={"get"})
            yield from _link(reads, name, f"/{name}")
        elif f"{name}_id" in things and "id" in nested.get("properties", {}):
            yield from _link(_list_uses(described, f"{name}_id"), f"{name}_id", f"/{name}/id")
    own = next((name for name, path in things.items() if path == collection), None)
    if own is not None and "id" in shown.get("properties", {}):
        yield from _link(_list_uses(described, own), own, "/id")


def _list_uses(
    described: Json, parameter: str, *, only_at: str | None = None, methods: set[str] | None = None
) -> Iterator[str]:
    """The operations that take an id: those at the thing itself, and the lists that it narrows down."""
    for path, operation in _list_operations(described, methods):
        taken = {each["name"] for each in operation.get("parameters", ()) if each["in"] in {"path", "query"}}
        needed = set(re.findall(r"\{(\w+)\}", path))
        if parameter in taken and needed <= {parameter} and only_at in {None, path}:
            yield operation["operationId"]


def _list_operations(described: Json, methods: set[str] | None = None) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, operations in described["paths"].items():
        yield from ((path, each) for method, each in operations.items() if methods is None or method in methods)


def _link(operation_ids: Iterator[str], parameter: str, pointer: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for operation_id in operation_ids:
        yield operation_id, {"operationId": operation_id, "parameters": {parameter: f"$response.body#{pointer}"}}


def _resolve(described: Json, schema: Json) -> Json:
    name = schema.get("$ref", "").rpartition("/")[2]
    found: Json = described["components"]["schemas"][name] if name else schema
    return found
