"""A service whose files lie in a bucket (of a stand-in for S3), which is away for a while."""

from pathlib import Path

import httpx
from typer.testing import CliRunner

from instantreact.cli.app import app
from instantreact_demo.graph import FakeGraph
from tests.flows.test_clip_to_messenger import add_rule, submit
from tests.servers.s3 import S3Server, s3
from tests.servers.service import Service, wait_until

__all__ = ["s3"]


def test_clip_reaches_messenger_from_a_bucket_and_nothing_is_lost_while_the_bucket_is_away(
    tmp_path: Path, graph: FakeGraph, drawn_clip: Path, s3: S3Server
) -> None:
    url = s3.create_bucket()
    settings = s3.settings(url)
    (tmp_path / "secret").write_text(settings.pop("s3_secret_access_key"))
    settings["s3_secret_access_key_file"] = str(tmp_path / "secret")
    with Service(tmp_path / "a", graph, **settings) as service, service.client() as client:
        add_rule(client, min_score=0.0)
        submit(client, drawn_clip)
        assert [part.part for part in graph.wait_for_parts(2)] == ["text", "picture"]
        (clip,) = client.get("/clips").json()["items"]
        media = f"/clips/{clip['id']}/media"
        assert client.get(media).content == drawn_clip.read_bytes()
        assert client.get(media, headers={"Range": "bytes=4-7"}).content == b"ftyp"
        (event, *_) = client.get("/events").json()["items"]
        assert client.get(f"/events/{event['id']}/snapshot.jpg").content.startswith(b"\xff\xd8")

        s3.stop()
        try:
            assert client.get("/readyz").status_code == 503
            assert client.get(media).json()["type"].endswith("files-unreachable")
            refused = upload(client, drawn_clip)
            assert (refused.status_code, "Retry-After" in refused.headers) == (503, True)
            assert client.delete(f"/clips/{clip['id']}").status_code == 204  # the file goes later
        finally:
            s3.start()

        wait_until(lambda: client.get("/readyz").status_code == 200, timeout_s=30, what="the service to be ready")
        assert upload(client, drawn_clip).status_code == 202
    assert [path for path in (tmp_path / "a").iterdir() if path.name == "blobs"] == []
    environment = {f"INSTANTREACT_{name.upper()}": value for name, value in settings.items()}
    checked = CliRunner().invoke(app, ["doctor", "--state-dir", str(tmp_path / "a")], env=environment)
    assert "bucket: there is room for clips" in checked.stdout


def upload(client: httpx.Client, path: Path) -> httpx.Response:
    with path.open("rb") as file:
        return client.post("/analyze", files={"file": file})
