"""Serving never imports torch; import-linter sees static imports only, so this looks at what really happens."""

import subprocess
import sys

import pytest

BLOCK = """
import sys
from importlib.abc import MetaPathFinder

class Blocked(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"torch", "torchvision", "onnx"}:
            raise ImportError(f"{name} is blocked")

sys.meta_path.insert(0, Blocked())
"""


def run_blocked(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", BLOCK + code], capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("module", ["instantreact.main", "instantreact.cli", "instantreact.demo.story"])
def test_module_is_imported_when_torch_is_blocked(module: str) -> None:
    ran = run_blocked(f"import {module}")
    assert ran.returncode == 0, ran.stderr


def test_training_is_refused_with_what_to_install_when_torch_is_missing() -> None:
    ran = run_blocked("sys.argv = ['instantreact', 'train', '--help']\nfrom instantreact.cli import main\nmain()")
    assert ran.returncode == 1
    assert "pip install 'instantreact[train]'" in ran.stderr
