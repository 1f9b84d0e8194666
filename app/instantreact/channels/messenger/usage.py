"""How much of its allowance a Page has used, from the headers of Graph's replies."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_HEADERS = ("x-business-use-case-usage", "x-app-usage")
_SHARES = ("call_count", "total_cputime", "total_time")


@dataclass(frozen=True)
class Usage:
    """The fullest of the allowances in percent, and how long until calls are taken again (0: they are)."""

    percent: float = 0.0
    regain_access_s: float = 0.0


def read_usage(headers: Mapping[str, str]) -> Usage:
    """The usage that a reply's headers state (names in lower case); nothing used where they state none.

    Meta writes percentages, and `estimated_time_to_regain_access` in minutes.
    """
    records = [record for name in _HEADERS for record in _records(headers.get(name, ""))]
    return Usage(
        percent=max((_number(record.get(share)) for record in records for share in _SHARES), default=0.0),
        regain_access_s=60 * max((_number(r.get("estimated_time_to_regain_access")) for r in records), default=0.0),
    )


def _records(header: str) -> Iterator[Mapping[str, object]]:
    """The objects with figures in a header: X-App-Usage is one, X-Business-Use-Case-Usage has lists of them."""
    try:
        value = json.loads(header)
    except (ValueError, RecursionError):
        return
    if not isinstance(value, dict):
        return
    yield value
    for listed in value.values():
        if isinstance(listed, list):
            yield from (record for record in listed if isinstance(record, dict))


def _number(value: object) -> float:
    # No allowance is used a million-fold: a figure beyond is damage, and so are NaN and what is below zero.
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1_000_000:
        return 0.0
    return float(value)
