"""From a clip to its caption: our captioner against the seed project's design, in one run on the same cores.

Usage: python benchmarks/captioner.py CLIP [--reference SCRIPT] [--runs N]
Needs the training extra, because the reference is written in torch. Loading the models is not timed on either side.
"""

import argparse
import re
import resource
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT.parent / "shared" / "benchmarks" / "reference_design.py"
SHIPPED = ROOT / "models" / "captioner"
CORES = 2


@dataclass(frozen=True)
class Cost:
    """Seconds from clip to caption, and the process's peak memory."""

    seconds: float
    peak_mb: float


def measure_ours(clip: Path, bundle: Path) -> Cost:
    """Caption a clip in this process, as the service does; call it once, memory is counted since the start."""
    from instantreact.inference.bundle import load_bundle
    from instantreact.inference.captioner import Captioner
    from instantreact.media.frames import sample_frames

    captioner = Captioner(load_bundle(bundle), threads=CORES)
    started = time.perf_counter()
    for sample in sample_frames(clip, captioner.bundle.sampling):
        captioner.describe(captioner.encode_frames(sample.images, sample.earlier))
    seconds = time.perf_counter() - started
    return Cost(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def run_ours(clip: Path, bundle: Path) -> Cost:
    """The same in a process of its own."""
    return _run([sys.executable, __file__, str(clip), "--bundle", str(bundle), "--only-ours"])


def run_reference(clip: Path, script: Path) -> Cost:
    """The seed's design in a process of its own."""
    return _run([sys.executable, str(script), str(clip)])


def compare(ours: list[Cost], theirs: list[Cost]) -> str:
    """Medians and their ratios."""
    seconds, their_seconds = (statistics.median(cost.seconds for cost in costs) for costs in (ours, theirs))
    memory, their_memory = (statistics.median(cost.peak_mb for cost in costs) for costs in (ours, theirs))
    return "\n".join(
        [
            f"ours       {seconds:7.3f} s  {memory:6.0f} MB",
            f"reference  {their_seconds:7.3f} s  {their_memory:6.0f} MB",
            f"ours is {their_seconds / seconds:.1f} times faster in {memory / their_memory:.2f} of the memory",
        ]
    )


def _run(command: list[str]) -> Cost:
    found = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    seconds, peak = re.search(r"total_s ([\d.]+)", found), re.search(r"peak_mb ([\d.]+)", found)
    if seconds is None or peak is None:
        raise ValueError(f"{command[1]} printed no figures: {found!r}")
    return Cost(float(seconds[1]), float(peak[1]))


def main() -> None:
    """Alternate both, so that whatever else the machine does hits both alike."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--bundle", type=Path, default=SHIPPED)
    parser.add_argument("--reference", type=Path, default=REFERENCE)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only-ours", action="store_true", help="measure this process and print figures")
    options = parser.parse_args()
    if options.only_ours:
        cost = measure_ours(options.clip, options.bundle)
        print(f"total_s {cost.seconds:.4f} peak_mb {cost.peak_mb:.0f}")
        return
    ours, theirs = [], []
    for _ in range(options.runs):
        ours.append(run_ours(options.clip, options.bundle))
        theirs.append(run_reference(options.clip, options.reference))
    print(compare(ours, theirs))


if __name__ == "__main__":
    main()
