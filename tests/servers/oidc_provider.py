"""npm's `oidc-provider`, a certified OpenID provider, as a server on this machine."""

import os
import shutil
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.conftest import REPOSITORY
from tests.servers.postgres import find_free_port

FOLDER = REPOSITORY / ".oidc-provider"
CLIENT_ID, CLIENT_SECRET = "instantreact", "a secret: with/signs"


class OidcProvider:
    """It knows ana (guards, everybody), ben (it, guards) and eve (everybody), whatever their password."""

    def __init__(self, redirect_uri: str) -> None:
        self._port = find_free_port()
        self._redirect_uri = redirect_uri
        self._process: subprocess.Popen[str] | None = None

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def __enter__(self) -> Self:
        node = shutil.which("node")
        if node is None or not (FOLDER / "node_modules" / "oidc-provider").is_dir():
            raise RuntimeError("oidc-provider is not installed: `make oidc-provider` (or `make test`) does it.")
        environment = os.environ | {
            "OIDC_FOLDER": str(FOLDER),
            "OIDC_PORT": str(self._port),
            "OIDC_REDIRECT": self._redirect_uri,
        }
        script = str(Path(__file__).with_suffix(".mjs"))
        self._process = subprocess.Popen([node, script], env=environment, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.strip() == "ready":
                return self
        raise RuntimeError(f"oidc-provider did not start: {self._process.wait(10)}")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        self._process.terminate()
        self._process.wait(10)
        self._process.stdout.close()
