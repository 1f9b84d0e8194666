"""People beside a service that runs: set up by the code it prints, changed by commands in other processes."""

import re
import subprocess
import sys
import time
from pathlib import Path

import httpx

from tests.servers.service import Service

PASSWORD = "four words one remembers"
SEEN_WITHIN_S = 2.0


def test_first_administrator_is_set_up_signs_in_and_is_signed_out_by_a_command(tmp_path: Path) -> None:
    with (
        Service(tmp_path, INSECURE_SIGN_IN="true") as service,
        httpx.Client(base_url=service.url, headers={"Origin": service.url}) as ana,
    ):
        (code,) = re.findall(r"set-up code.*: (\S+) \(", "".join(service.output))
        made = ana.post("/setup", json={"code": code, "name": "Ana", "password": PASSWORD})
        assert made.status_code == 201, made.text
        assert ana.post("/session", json={"name": "Ana", "password": PASSWORD}).status_code == 200
        assert ana.get("/users").status_code == 200

        arguments = ["users", "password", "Ana", "--state-dir", str(tmp_path)]
        ran = subprocess.run(
            [sys.executable, "-m", "instantreact", *arguments],
            input="another password\n", capture_output=True, text=True, check=False, cwd=tmp_path,
        )  # fmt: skip
        assert ran.returncode == 0, ran.stderr
        time.sleep(SEEN_WITHIN_S)
        assert ana.get("/users").status_code == 401
        output = "".join(service.output)
    assert PASSWORD not in output
    assert "http.sign_in_unprotected" in output
