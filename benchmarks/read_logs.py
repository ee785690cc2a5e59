"""How fast logs are read, and in how much memory, beside what Inspect offers for the same.

`python benchmarks/read_logs.py` makes 50 logs of 1,000 samples in a temporary folder (one real run of
`alignment_faking` on a simulated model, its samples under other ids and models), reads them in every way that is
compared, each in a process of its own, and writes `benchmarks/read_logs.md`. The slow ways read a few of the
logs; times are per 1,000 samples. What is imported before the reading counts for memory, not for time.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

N_LOGS, N_FEW = 50, 15
N_ITEMS, N_EPOCHS = 100, 5  # times two arms: 1,000 samples a log
N_ROWS = 1_000_000
TABLE = Path(__file__).with_suffix(".md")


@dataclass(frozen=True)
class Way:
    """A way to read logs.

    Attributes:
        read: From a folder to the number of samples, or of rows, that came of it.
        few: Whether it reads only some of the logs, being slow.
    """

    read: Callable[[str], int]
    few: bool = False


def ours(source: str, **options: Any) -> int:
    from analysis import logs

    frame = logs.read(source, **options)
    assert frame.attrs["problems"] == []
    return len(frame) // frame["scorer"].nunique()


def summaries(source: str, **options: Any) -> int:
    from inspect_ai.analysis import SampleSummary, samples_df

    return len(samples_df(source, columns=SampleSummary, quiet=True, **options))


def whole_logs(source: str) -> int:
    from inspect_ai.log import list_eval_logs, read_eval_log

    return sum(len(read_eval_log(info).samples or []) for info in list_eval_logs(source))


def million(source: str) -> int:
    """The cached rows of all logs, as often as it takes."""
    from analysis import cache, log_format, logs

    files = log_format.find(source)
    cached = cache.opened()
    parts: list[Any] = []
    while sum(len(part.columns["log"]) for part in parts) < N_ROWS:
        part = logs._cached(files[len(parts) % len(files)], cached)
        assert part is not None
        parts.append(part)
    return len(logs._united(parts))


WAYS = {
    "samples_df": Way(summaries),
    "read": Way(lambda source: ours(source, cache=False)),
    "read, first time with cache": Way(ours),
    "read, second time with cache": Way(ours),
    "samples_df(full=True)": Way(lambda source: summaries(source, full=True), few=True),
    "read_eval_log": Way(whole_logs, few=True),
    "read(text=True)": Way(lambda source: ours(source, text=True, cache=False), few=True),
    "a million rows": Way(million),
}
"""In the order in which they run: the cache is filled by the third."""

SAID = {
    "samples_df": "`samples_df(columns=SampleSummary)`",
    "read": "`read(cache=False)`",
    "read, first time with cache": "`read()`, nothing cached",
    "read, second time with cache": "`read()`, all cached",
    "samples_df(full=True)": "`samples_df(columns=SampleSummary, full=True)`",
    "read_eval_log": "`read_eval_log` of each log",
    "read(text=True)": "`read(text=True, cache=False)`",
    "a million rows": "a frame of 1,000,000 rows from the cache",
}

ASKED = [
    ("`read(cache=False)` against `samples_df`", "samples_df", "read", 8),
    (
        "`read()` again against `samples_df`",
        "samples_df",
        "read, second time with cache",
        50,
    ),
    (
        "`read(text=True)` against `samples_df(full=True)`",
        "samples_df(full=True)",
        "read(text=True)",
        20,
    ),
    ("`read(text=True)` against `read_eval_log`", "read_eval_log", "read(text=True)", None),
    ("`read()` again against `read(cache=False)`", "read", "read, second time with cache", None),
]
"""What is compared: a sentence, the slower and the faster way, and how many times faster it has to be."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--source", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.way:
        print(json.dumps(measured(WAYS[args.way], args.source)))
        return
    with tempfile.TemporaryDirectory() as folder:
        logs, few = Path(folder, "logs"), Path(folder, "few")
        size = generate(logs, few)
        os.environ["XDG_CACHE_HOME"] = str(Path(folder, "cache"))
        found = {name: apart(name, few if way.few else logs) for name, way in WAYS.items()}
    TABLE.write_text(table(found, size))
    print(TABLE.read_text())


def measured(way: Way, source: str) -> dict[str, float]:
    """Seconds of wall and processor time, and the peak of the whole process in MiB."""
    import inspect_ai.analysis  # noqa: F401

    import analysis.logs  # noqa: F401

    wall, processor = time.perf_counter(), time.process_time()
    n = way.read(source)
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    peak = int(re.findall(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[0]) / 1024
    return {"n": n, "wall": wall, "processor": processor, "peak": peak}


def apart(name: str, source: Path) -> dict[str, float]:
    """A measurement in a process of its own."""
    command = [sys.executable, __file__, "--way", name, "--source", str(source)]
    root = str(Path(__file__).resolve().parents[1])
    environment = {**os.environ, "PYTHONPATH": root}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True, text=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    print(f"{name}: {found}", file=sys.stderr)
    return found


# ---------------------------------------------------------------------------------- logs


def generate(folder: Path, few: Path) -> int:
    """Write the logs, and some of them once more; returns the bytes of all."""
    first = run(folder)
    whole = folder / "whole"
    header, summaries = copied(first, whole)
    for i in range(N_LOGS):
        target = folder / f"2026-01-01T00-{i:02}-00_alignment-faking_task{i}.eval"
        shutil.copy(whole, target)
        about = {
            "task_id": f"task{i}",
            "run_id": f"run{i}",
            "eval_id": f"eval{i}",
            "created": f"2026-01-01T00:{i:02}:00+00:00",
            "model": f"organism/model-{i % 10}",
        }
        header["eval"] |= about
        for place, summary in enumerate(summaries):
            summary["uuid"] = f"{i}-{place}"
        with zipfile.ZipFile(target, "a", zipfile.ZIP_ZSTANDARD) as log:  # type: ignore[attr-defined]
            log.writestr("summaries.json", json.dumps(summaries, separators=(",", ":")))
            log.writestr("header.json", json.dumps(header))
    first.unlink()
    whole.unlink()
    few.mkdir()
    for path in sorted(folder.glob("*.eval"))[:N_FEW]:
        shutil.copy(path, few / path.name)
    return sum(path.stat().st_size for path in folder.glob("*.eval"))


def run(folder: Path) -> Path:
    """A real run, with thinking, two scorers and all events, of one epoch."""
    from inspect_ai import eval as inspect_eval

    from inspect_tasks.alignment_faking import alignment_faking

    task = alignment_faking(judge="lexical", n_items=N_ITEMS)
    (log,) = inspect_eval(task, model="organism/final", log_dir=str(folder), display="log")
    assert log.status == "success"
    return Path(log.location)


def copied(first: Path, target: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A zip with the samples of a log for every epoch; returns its header and summaries."""
    with (
        zipfile.ZipFile(first) as log,
        zipfile.ZipFile(target, "w", zipfile.ZIP_ZSTANDARD) as more,  # type: ignore[attr-defined]
    ):
        header = json.loads(log.read("header.json"))
        header["eval"]["config"]["epochs"] = N_EPOCHS
        summaries = []
        for epoch in range(1, N_EPOCHS + 1):
            for summary in json.loads(log.read("summaries.json")):
                sample = json.loads(log.read(f"samples/{summary['id']}_epoch_1.json"))
                sample["epoch"] = epoch
                del sample["uuid"]  # it would be the same in all logs
                content = json.dumps(sample, separators=(",", ":"))
                more.writestr(f"samples/{summary['id']}_epoch_{epoch}.json", content)
                summaries.append({**summary, "epoch": epoch})
    return header, summaries


# ---------------------------------------------------------------------------------- the table


def table(found: dict[str, dict[str, float]], size: int) -> str:
    n = int(found["read"]["n"])
    lines = [
        "# Reading logs",
        "",
        f"Written by `benchmarks/read_logs.py`: {N_LOGS} logs with {n:,} samples ({size / 2**20:,.0f} MiB) of "
        f"`alignment_faking`, two scorers; whole samples: {N_FEW} of the logs. One process each, on one core; the peak is "
        "that of the whole process, with the imports. Ratios are of processor time, which other work on "
        "the machine disturbs less.",
        "",
        "| way | samples | seconds | processor seconds | ms per sample | peak MiB |",
        "| --- | --: | --: | --: | --: | --: |",
    ]
    for name, said in SAID.items():
        way = found[name]
        each = 1000 * way["processor"] / way["n"]
        rows = " rows" if name == "a million rows" else ""
        lines.append(
            f"| {said} | {way['n']:,.0f}{rows} | {way['wall']:.1f} | {way['processor']:.2f} | {each:.3f} "
            f"| {way['peak']:,.0f} |"
        )
    lines += ["", "| | times faster | asked for |", "| --- | --: | --: |"]
    for said, slow, fast, asked in ASKED:
        lines.append(f"| {said} | {ratio(found, slow, fast):.1f} | {asked or ''} |")
    share = found["read"]["peak"] / found["samples_df"]["peak"]
    lines += [
        "",
        "| | | asked for |",
        "| --- | --: | --: |",
        f"| peak of `read(cache=False)` as a share of that of `samples_df` | {share:.0%} | 40% at most |",
        f"| peak with 1,000,000 rows | {found['a million rows']['peak']:,.0f} MiB | 2,048 MiB at most |",
        "",
    ]
    return "\n".join(lines)


def ratio(found: dict[str, dict[str, float]], slow: str, fast: str) -> float:
    """How many times faster one way is than another, per sample."""
    each = [found[name]["processor"] / found[name]["n"] for name in (slow, fast)]
    return each[0] / each[1]


if __name__ == "__main__":
    main()
