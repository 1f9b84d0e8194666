"""A bundle that cannot be used is said in /readyz; clips are kept, and their jobs wait for its repair."""

import shutil
from pathlib import Path

import httpx

from instantreact.wiring import SHIPPED_BUNDLE
from tests.servers.service import Service, wait_until


def test_clip_is_kept_and_its_job_waits_while_the_bundle_is_damaged(tmp_path: Path, drawn_clip: Path) -> None:
    bundle = tmp_path / "bundle"
    shutil.copytree(SHIPPED_BUNDLE, bundle)
    (bundle / "step.onnx").write_bytes(b"damaged")
    with Service(tmp_path / "state", captioner_bundle=str(bundle)) as service:
        ready = httpx.get(f"{service.url}/readyz")
        assert ready.status_code == 503
        assert "step.onnx" in ready.text
        with service.client() as api, drawn_clip.open("rb") as file:
            answer = api.post("/analyze", files={"file": file})
            assert answer.status_code == 202
            (job,) = wait_until(lambda: waiting_jobs(api), what="the job that was deferred")
            assert api.get(answer.headers["Location"]).json()["state"] == "analyzing"
        assert (job["kind"], job["state"]) == ("analyze", "due")
        assert "step.onnx" in job["error"]
        service.stop()
        shutil.copy(SHIPPED_BUNDLE / "step.onnx", bundle)
        service.start()
        assert httpx.get(f"{service.url}/readyz").status_code == 200


def waiting_jobs(api: httpx.Client) -> list[dict[str, str]]:
    return [job for job in api.get("/jobs").json()["items"] if job["error"]]
