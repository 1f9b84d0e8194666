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
from dataclasses import dataclass, fields, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT.parent / "shared" / "benchmarks" / "reference_design.py"
SHIPPED = ROOT / "models" / "captioner"
CORES = 2


@dataclass(frozen=True)
class Cost:
    """Seconds from clip to caption, those of the whole process, its peak memory; and in processor time, too."""

    seconds: float
    cold_s: float
    peak_mb: float
    work_s: float
    cold_work_s: float


def measure_ours(clip: Path, bundle: Path, *, is_warm: bool) -> tuple[float, float, float]:
    """Caption a clip in this process, as the service does: seconds, processor time, and the peak memory since its
    start.
    """
    from instantreact.inference.bundle import load_bundle
    from instantreact.inference.captioner import Captioner
    from instantreact.media.frames import sample_frames

    captioner = Captioner(load_bundle(bundle), threads=CORES)
    seconds = work_s = 0.0
    for _ in range(2 if is_warm else 1):
        started, worked_s = time.perf_counter(), time.process_time()
        for sample in sample_frames(clip, captioner.bundle.sampling):
            captioner.describe(captioner.encode_frames(sample.images, sample.earlier))
        seconds, work_s = time.perf_counter() - started, time.process_time() - worked_s
    return seconds, work_s, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def run_ours(clip: Path, bundle: Path) -> Cost:
    """The same in processes of their own: one that is warm, and a cold one."""
    command = [sys.executable, __file__, str(clip), "--bundle", str(bundle), "--only-ours"]
    cold = _run(command)
    return replace(_run([*command, "--warm"]), cold_s=cold.cold_s, cold_work_s=cold.cold_work_s)


def run_reference(clip: Path, script: Path) -> Cost:
    """The seed's design in a process of its own."""
    return _run([sys.executable, str(script), str(clip)])


def compare(ours: list[Cost], theirs: list[Cost]) -> str:
    """Medians and their ratios."""
    mine, other = _take_medians(ours), _take_medians(theirs)
    return "\n".join(
        [
            *(
                f"{name:<10} warm {cost.seconds:7.3f} s  cold {cost.cold_s:7.3f} s  {cost.peak_mb:6.0f} MB  "
                f"processor time: warm {cost.work_s:7.3f} s  cold {cost.cold_work_s:7.3f} s"
                for name, cost in (("ours", mine), ("reference", other))
            ),
            f"ours is {other.seconds / mine.seconds:.1f} times faster warm, {other.cold_s / mine.cold_s:.1f} times "
            f"faster cold, in {mine.peak_mb / other.peak_mb:.2f} of the memory; in processor time "
            f"{other.work_s / mine.work_s:.1f} times warm, {other.cold_work_s / mine.cold_work_s:.1f} times cold",
        ]
    )


def _take_medians(costs: list[Cost]) -> Cost:
    return Cost(*(statistics.median(getattr(cost, each.name) for cost in costs) for each in fields(Cost)))


def _run(command: list[str]) -> Cost:
    started, worked_s = time.perf_counter(), _children_s()
    found = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    cold_s, cold_work_s = time.perf_counter() - started, _children_s() - worked_s
    seconds, peak = re.search(r"total_s ([\d.]+)", found), re.search(r"peak_mb ([\d.]+)", found)
    if seconds is None or peak is None:
        raise ValueError(f"{command[1]} printed no figures: {found!r}")
    work = re.search(r"work_s ([\d.]+)", found)
    work_s = float(work[1]) if work else cold_work_s * float(seconds[1]) / cold_s  # the reference tells no such time
    return Cost(float(seconds[1]), cold_s, float(peak[1]), work_s, cold_work_s)


def _children_s() -> float:
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


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
        seconds, work_s, peak_mb = measure_ours(options.clip, options.bundle, is_warm=options.warm)
        print(f"total_s {seconds:.4f} work_s {work_s:.4f} peak_mb {peak_mb:.0f}")
        return
    ours, theirs = [], []
    for _ in range(options.runs):
        ours.append(run_ours(options.clip, options.bundle))
        theirs.append(run_reference(options.clip, options.reference))
    print(compare(ours, theirs))


if __name__ == "__main__":
    main()
