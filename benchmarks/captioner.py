"""From a clip to its caption: our captioner against the seed project's design, in one run on the same cores.

Usage: python benchmarks/captioner.py CLIP [--reference SCRIPT] [--runs N]
Needs the training extra, because the reference is written in torch. Warm is from clip to caption with models that are
loaded, ours after one clip before. Cold is the whole process from its start to its end, with its imports and models;
the reference draws random weights, which it need not read.
"""

import argparse
import re
import resource
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT.parent / "shared" / "benchmarks" / "reference_design.py"
SHIPPED = ROOT / "models" / "captioner"
CORES = 2


@dataclass(frozen=True)
class Cost:
    """Seconds from clip to caption, those of the whole process, and its peak memory."""

    seconds: float
    cold_s: float
    peak_mb: float


def measure_ours(clip: Path, bundle: Path, *, is_warm: bool) -> tuple[float, float]:
    """Caption a clip in this process, as the service does: seconds, and the peak memory since its start."""
    from instantreact.inference.bundle import load_bundle
    from instantreact.inference.captioner import Captioner
    from instantreact.media.frames import sample_frames

    captioner = Captioner(load_bundle(bundle), threads=CORES)
    seconds = 0.0
    for _ in range(2 if is_warm else 1):
        started = time.perf_counter()
        for sample in sample_frames(clip, captioner.bundle.sampling):
            captioner.describe(captioner.encode_frames(sample.images, sample.earlier))
        seconds = time.perf_counter() - started
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def run_ours(clip: Path, bundle: Path) -> Cost:
    """The same in processes of their own: one that is warm, and a cold one."""
    command = [sys.executable, __file__, str(clip), "--bundle", str(bundle), "--only-ours"]
    return replace(_run([*command, "--warm"]), cold_s=_run(command).cold_s)


def run_reference(clip: Path, script: Path) -> Cost:
    """The seed's design in a process of its own."""
    return _run([sys.executable, str(script), str(clip)])


def compare(ours: list[Cost], theirs: list[Cost]) -> str:
    """Medians and their ratios."""
    warm, their_warm = (statistics.median(cost.seconds for cost in costs) for costs in (ours, theirs))
    cold, their_cold = (statistics.median(cost.cold_s for cost in costs) for costs in (ours, theirs))
    memory, their_memory = (statistics.median(cost.peak_mb for cost in costs) for costs in (ours, theirs))
    return "\n".join(
        [
            f"ours       warm {warm:7.3f} s  cold {cold:7.3f} s  {memory:6.0f} MB",
            f"reference  warm {their_warm:7.3f} s  cold {their_cold:7.3f} s  {their_memory:6.0f} MB",
            f"ours is {their_warm / warm:.1f} times faster warm, {their_cold / cold:.1f} times faster cold, "
            f"in {memory / their_memory:.2f} of the memory",
        ]
    )


def _run(command: list[str]) -> Cost:
    started = time.perf_counter()
    found = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    cold_s = time.perf_counter() - started
    seconds, peak = re.search(r"total_s ([\d.]+)", found), re.search(r"peak_mb ([\d.]+)", found)
    if seconds is None or peak is None:
        raise ValueError(f"{command[1]} printed no figures: {found!r}")
    return Cost(float(seconds[1]), cold_s, float(peak[1]))


def main() -> None:
    """Alternate both, so that whatever else the machine does hits both alike."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--bundle", type=Path, default=SHIPPED)
    parser.add_argument("--reference", type=Path, default=REFERENCE)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only-ours", action="store_true", help="measure this process and print figures")
    parser.add_argument("--warm", action="store_true", help="with --only-ours: caption it once before")
    options = parser.parse_args()
    if options.only_ours:
        seconds, peak_mb = measure_ours(options.clip, options.bundle, is_warm=options.warm)
        print(f"total_s {seconds:.4f} peak_mb {peak_mb:.0f}")
        return
    ours, theirs = [], []
    for _ in range(options.runs):
        ours.append(run_ours(options.clip, options.bundle))
        theirs.append(run_reference(options.clip, options.reference))
    print(compare(ours, theirs))


if __name__ == "__main__":
    main()
