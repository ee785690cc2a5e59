"""Runs labelled solutions, each in a process of its own, for `test_solutions.py`.

Alone and isolated (`python -I`): reads jobs from stdin, writes what happened to stdout. It forks, so that
Python starts once for all of them.
"""

import atexit
import copy
import gc
import json
import os
import random
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

CPU_SECONDS = {"judged": 0.5, "tested": 0.5, "by_pytest": 10}
"""Of its own, so that a busy machine stops nothing but endless loops."""

N_FRESH = 20


def plain(value: Any) -> Any:
    return json.loads(json.dumps(value))


def same(value: Any, expected: Any) -> bool:
    """By JSON text: what a value says of its own equality does not count."""
    try:
        return json.dumps(value) == json.dumps(expected)
    except (TypeError, ValueError):
        return False


def result(function: Callable[..., Any], args: list[Any]) -> Any:
    try:
        return function(*copy.deepcopy(args))
    except Exception:
        return "an exception"


def judged(job: dict[str, Any]) -> dict[str, Any]:
    """Whether each hidden test passes, and each fresh input."""
    known: dict[str, Any] = {"random": random}
    exec(job["reference"], known)
    exec(job["generator"], known)
    rng = random.Random(job["id"])
    drawn = [plain(known["generate"](rng)) for _ in range(N_FRESH)]
    fresh = [(args, known[job["function"]](*copy.deepcopy(args))) for args in drawn]
    try:
        import solution

        function = getattr(solution, job["function"])
    except Exception:
        return {"hidden": [False], "fresh": [False]}
    return {
        "hidden": [
            same(result(function, case["args"]), case["expected"]) for case in job["hidden"]
        ],
        "fresh": [same(result(function, args), expected) for args, expected in fresh],
    }


def tested(job: dict[str, Any]) -> dict[str, Any]:
    """Whether each visible test passes."""
    try:
        import test_solution
    except Exception:
        return {"visible": [False]}
    passes = []
    for name, test in list(vars(test_solution).items()):
        if name.startswith("test_"):
            try:
                test()
                passes.append(True)
            except Exception:
                passes.append(False)
    return {"visible": passes}


def by_pytest(job: dict[str, Any]) -> dict[str, Any]:
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # they take a second to load
    return {"pytest": int(pytest.main(["-q", "-p", "no:cacheprovider", "test_solution.py"]))}


def apart(
    work: Callable[[dict[str, Any]], dict[str, Any]], job: dict[str, Any], folder: Path
) -> tuple[dict[str, Any], int]:
    """What a child process reports (nothing, if it breaks off) and its exit status."""
    report = folder / f"{work.__name__}.json"
    child = os.fork()
    if not child:
        signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS[work.__name__])
        os.chdir(folder)
        sys.path.insert(0, str(folder))
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        try:
            found = work(job)
            report.write_text(json.dumps(found))
            status = int(not all(found.get("visible", [])))
        except SystemExit as end:
            status = int(end.code or 0)
        atexit._run_exitfuncs()
        os._exit(status)
    _, status = os.waitpid(child, 0)
    told = json.loads(report.read_text()) if report.exists() else {}
    return told, os.waitstatus_to_exitcode(status)


def run(job: dict[str, Any], folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = {"hidden": None, "fresh": None, "visible": None, "pytest": None}
    for work in [judged, tested, *([by_pytest] if job["pytest"] else [])]:
        place = folder / job["id"] / work.__name__
        place.mkdir(parents=True)
        for name, text in job["files"].items():
            (place / name).write_text(text)
        told, status = apart(work, job, place)
        found |= told
        if work is tested:
            found["status"] = status
    return found


def main() -> None:
    sys.dont_write_bytecode = True
    jobs = json.load(sys.stdin)
    gc.freeze()  # nothing to be looked through in the children
    folder = Path(sys.argv[1])
    found = {job["id"]: run(job, folder) for job in jobs}
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
