"""The whole service against its own description, by every check that schemathesis has: whatever is sent, the answer is
right, and who may not is refused.

`schemathesis.toml` and `schema_hooks.py` say what no description can say. A failure prints the request as curl, and the
seed. A longer campaign: see CONTRIBUTING.md.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.schema_run import SchemaRun
from tests.servers.whole import whole_service

OPERATIONS, LINKS = 75, 5


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with whole_service(tmp_path_factory.mktemp("whole")) as address:
        yield address


@pytest.mark.timeout(900)
def test_service_keeps_to_its_description_whatever_is_sent(address: str, tmp_path: Path) -> None:
    ran = SchemaRun("examples,coverage,fuzzing", examples=2, brief=True)(address, tmp_path)

    assert ran.returncode == 0, ran.stdout
    assert read_count(ran.stdout, r"Tested: (\d+)") > OPERATIONS, ran.stdout


@pytest.mark.timeout(900)
def test_service_keeps_to_its_description_whatever_follows_what(address: str, tmp_path: Path) -> None:
    ran = SchemaRun("stateful", examples=20)(address, tmp_path)

    assert ran.returncode == 0, ran.stdout
    assert read_count(ran.stdout, r"API Links: +(\d+) covered") > LINKS, ran.stdout


def read_count(text: str, pattern: str) -> int:
    (found,) = re.findall(pattern, text)
    return int(found)
