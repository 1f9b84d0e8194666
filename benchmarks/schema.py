"""Sends the whole service what its description allows and forbids, for minutes on end: what the tests do for one.

Usage: python -m benchmarks.schema [--minutes 15] [--seed 1]
"""

import argparse
import sys
import tempfile
from pathlib import Path

from tests.servers.schema_run import SchemaRun
from tests.servers.whole import whole_service


def main() -> None:
    """Print what schemathesis says, and what the log says of errors; fail where either found a fault."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=int, default=15)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        with whole_service(folder) as address:
            run = SchemaRun(
                "examples,coverage,fuzzing,stateful",
                examples=30,
                seed=arguments.seed,
                max_time_s=60 * arguments.minutes,
            )
            ran = run(address, folder)
        broken = [line for line in (folder / "service.log").read_text().splitlines() if "http.failed" in line]
    print(ran.stdout)
    print(*broken, f"requests that broke: {len(broken)}", sep="\n")
    sys.exit(ran.returncode or bool(broken))


if __name__ == "__main__":
    main()
