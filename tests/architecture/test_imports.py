"""What is not installed is not missed; import-linter sees static imports only, so this looks at what really happens."""

import subprocess
import sys

import pytest

BLOCK = """
import sys
from importlib.abc import MetaPathFinder

class Blocked(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name in HIDDEN or name.partition(".")[0] in HIDDEN:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Blocked())
"""


TORCH = ("torch", "torchvision", "onnx")


def run_blocked(code: str, *, hidden: tuple[str, ...] = TORCH) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", f"HIDDEN = {hidden}\n{BLOCK}{code}"]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("module", ["instantreact.main", "instantreact.cli", "instantreact_demo.story"])
def test_module_is_imported_when_torch_is_blocked(module: str) -> None:
    ran = run_blocked(f"import {module}")
    assert ran.returncode == 0, ran.stderr


def test_training_is_refused_with_what_to_install_when_torch_is_missing() -> None:
    ran = run_blocked("sys.argv = ['instantreact', 'train', '--help']\nfrom instantreact.cli import main\nmain()")
    assert ran.returncode == 1
    assert "pip install 'instantreact[train]'" in ran.stderr


DEMO = "sys.argv = ['instantreact', 'demo']\nfrom instantreact.cli import main\nmain()"


def test_demo_is_refused_with_what_to_install_when_its_package_is_missing() -> None:
    ran = run_blocked(DEMO, hidden=("instantreact_demo",))
    assert ran.returncode == 1
    assert "pip install --no-deps ./demo" in ran.stderr
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize("hidden", ["cv2", "instantreact_demo.drawing"])
def test_demo_names_what_is_missing_when_its_own_package_is_there(hidden: str) -> None:
    ran = run_blocked(DEMO, hidden=(hidden,))
    assert ran.returncode == 1
    assert f"No module named '{hidden}'" in ran.stderr
    assert "./demo" not in ran.stderr


@pytest.mark.parametrize("module", ["instantreact.main", "instantreact.cli"])
def test_product_is_imported_when_the_demo_is_not_installed(module: str) -> None:
    ran = run_blocked(f"import {module}", hidden=("instantreact_demo",))
    assert ran.returncode == 0, ran.stderr


def test_stand_in_graph_starts_when_the_product_is_not_installed() -> None:
    ran = run_blocked("import instantreact_demo.graph", hidden=("instantreact",))
    assert ran.returncode == 0, ran.stderr


def test_command_line_begins_without_what_its_commands_need() -> None:
    """Each of these takes from a fifth of a second to several; a command imports what it needs when it runs."""
    heavy = ("sqlalchemy", "fastapi", "taskiq", "onnxruntime", "torch", "av", "cv2", "numpy")
    ran = run_blocked("import instantreact.cli", hidden=heavy)
    assert ran.returncode == 0, ran.stderr
