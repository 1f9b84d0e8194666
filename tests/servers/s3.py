"""A stand-in for S3 (moto's server) on a free port of this machine."""

import logging
from collections.abc import Iterator
from uuid import uuid4

import httpx
import pytest
from moto.server import ThreadedMotoServer
from obstore.store import S3Store

from instantreact.storage.s3 import open_bucket


class S3Server:
    """Knows any key. `start` may follow `stop`: the port stays, and what was stored."""

    def __init__(self) -> None:
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self._port = 0
        self._server: ThreadedMotoServer | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        self._server = ThreadedMotoServer("127.0.0.1", self._port, verbose=False)
        self._server.start()
        self._port = self._server.get_host_and_port()[1]

    def stop(self) -> None:
        assert self._server is not None
        self._server.stop()

    def create_bucket(self) -> str:
        """The address of a fresh one, with a prefix; the stand-ins of one process share what they keep."""
        name = uuid4().hex
        httpx.put(f"{self.url}/{name}", headers={"content-length": "0"}).raise_for_status()
        return f"s3://{name}/of/ours"

    def open(self, url: str) -> S3Store:
        return open_bucket(url, endpoint=self.url, region="us-east-1", key_id="somebody", secret="something")

    def settings(self, url: str) -> dict[str, str]:
        """For a service."""
        return {
            "blobs_url": url,
            "s3_endpoint": self.url,
            "s3_region": "us-east-1",
            "s3_access_key_id": "somebody",
            "s3_secret_access_key": "something",
        }


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Server]:
    server = S3Server()
    yield server
    server.stop()
