"""A bundle that cannot be used is said in /readyz; clips are kept, and analyzed once it is repaired."""

import shutil
from pathlib import Path

import httpx

from instantreact.model_wiring import SHIPPED_BUNDLE
from tests.servers.service import Service, wait_until


def test_clip_waits_for_a_damaged_bundle_and_is_analyzed_after_its_repair(tmp_path: Path, drawn_clip: Path) -> None:
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
            address = answer.headers["Location"]
            wait_until(lambda: any("clip.waits_for" in line for line in service.output), what="the clip to wait")
            assert api.get(address).json()["state"] == "analyzing"
        service.stop()
        shutil.copy(SHIPPED_BUNDLE / "step.onnx", bundle)
        service.start()
        assert httpx.get(f"{service.url}/readyz").status_code == 200
        with service.client() as api:
            wait_until(lambda: api.get(address).json()["state"] == "analyzed", timeout_s=60, what="the analysis")
