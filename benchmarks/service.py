"""Measures a running service: start-up, latency of GET /livez and POST /analyze?wait with the processor time that it
took, memory idle and under load.

Usage: python benchmarks/service.py CLIP [--requests 40]
"""

import argparse
import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
from tests.servers.service import Service


def main() -> None:
    """Print the figures, one a line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--requests", type=int, default=40)
    parser.add_argument("--only-one-by-one", action="store_true", help="leave out what follows")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        with Service(Path(folder)) as service:
            print(f"start-up to first answer: {time.perf_counter() - started:.2f} s")
            analyze(service, arguments.clip, 0)
            time.sleep(2.0)
            print(f"resident idle: {resident_mb(service)}")
            print_latency("GET /livez, kept alive", ask_alive(service))
            before_s = worked_s(service)
            one_by_one = [analyze(service, arguments.clip, 1 + n) for n in range(arguments.requests)]
            print_latency("POST /analyze?wait, one at a time", one_by_one)
            print(f"processor time of each: {(worked_s(service) - before_s) / len(one_by_one):.3f} s")
            if arguments.only_one_by_one:
                return
            with ThreadPoolExecutor(4) as pool:
                numbers = range(1000, 1000 + arguments.requests)
                at_once = list(pool.map(lambda n: analyze(service, arguments.clip, n), numbers))
                print_latency("POST /analyze?wait, four at a time", at_once)
            print(f"resident after load: {resident_mb(service)}")


def ask_alive(service: Service) -> list[float]:
    """Seconds that each of many requests took on one connection."""
    with service.client() as api:
        api.get("/livez")
        return [api.get("/livez").elapsed.total_seconds() for _ in range(300)]


def analyze(service: Service, clip: Path, number: int) -> float:
    """Seconds from sending a clip to its result; each `number` is another clip to the service."""
    recorded_at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=number)
    with service.client() as api, clip.open("rb") as file:
        started = time.perf_counter()
        answer = api.post(
            "/analyze", params={"wait": 60}, files={"file": file}, data={"recorded_at": recorded_at.isoformat()}
        )
        took_s = time.perf_counter() - started
    if answer.status_code != 200:
        raise RuntimeError(answer.text)
    return took_s


def worked_s(service: Service) -> float:
    """The processor time that the service took so far, and the decoding children that have ended."""
    process = psutil.Process(service.pid)
    times = [each.cpu_times() for each in (process, *process.children(recursive=True))]
    return float(sum(each.user + each.system + each.children_user + each.children_system for each in times))


def resident_mb(service: Service) -> str:
    """Resident memory of the service, and of its waiting decoding children."""
    process = psutil.Process(service.pid)
    children = sum(child.memory_info().rss for child in process.children(recursive=True))
    return f"{process.memory_info().rss / 1e6:.0f} MB, and {children / 1e6:.0f} MB in decoding children"


def print_latency(name: str, seconds: list[float]) -> None:
    """The best, the median and the 95th percentile, in milliseconds."""
    percentiles = [1000 * each for each in statistics.quantiles(seconds, n=20)]
    best_ms = 1000 * min(seconds)
    print(f"{name}: best {best_ms:.1f} ms, p50 {percentiles[9]:.1f} ms, p95 {percentiles[18]:.1f} ms")


if __name__ == "__main__":
    main()
