"""A key's life beside a service that runs: made and revoked by commands, in other processes."""

import re
import subprocess
import sys
import time
from pathlib import Path

import httpx

from tests.servers.service import API_KEY, Service

SEEN_WITHIN_S = 2.0


def keys(folder: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "instantreact", "keys", *arguments, "--state-dir", str(folder)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def ask(service: Service, key: str) -> int:
    return httpx.get(f"{service.url}/events", headers={"X-API-Key": key}).status_code


def test_key_made_and_revoked_by_command_is_known_to_the_service_that_runs(tmp_path: Path) -> None:
    with Service(tmp_path) as service:
        found = re.search(r"shown this once: (\S+)", keys(tmp_path, "create", "Wall", "--scope", "read"))
        assert found
        time.sleep(SEEN_WITHIN_S)
        assert ask(service, found[1]) == 200

        keys(tmp_path, "revoke", "Wall")
        time.sleep(SEEN_WITHIN_S)
        assert ask(service, found[1]) == 401
        assert ask(service, API_KEY) == 200
        entries = httpx.get(f"{service.url}/audit?action=changed", headers={"X-API-Key": API_KEY}).json()["items"]
    assert [entry["route"] for entry in entries] == ["keys revoke", "keys create"]
