"""Runs a solution on inputs; the source of this file is what the sandbox runs (see `harness.py`).

It needs nothing but Python 3.9 and a POSIX system. A job comes as JSON on standard input, a report goes to
standard output. The job holds inputs, never the values that are expected of held-out ones, and the report the values that came back: what
is right is decided by whoever reads the report, so that nothing that a solution may do to its own process decides it.
"""

from __future__ import annotations

import json
import os
import resource
import select
import signal
import sys
import time
from random import seed

TYPE_CHECKING = False
if TYPE_CHECKING:  # the sandbox needs no `typing`, which takes long to load
    from collections.abc import Callable, Sequence
    from types import ModuleType
    from typing import Any, NoReturn

    Json = dict[str, Any]
    Tell = Callable[[Json], None]

SOLUTION, TESTS = "solution.py", "test_solution.py"

CONFIGS = (
    *("conftest.py", "pytest.ini", ".pytest.ini", "tox.ini", "setup.cfg", "pyproject.toml"),
    *("sitecustomize.py", "usercustomize.py", "pytest.py", "_pytest.py"),
)
"""Files beside the tests that may change what a test run finds."""

REFUSED = (
    *("os.fork", "os.forkpty", "os.posix_spawn", "os.exec", "os.system", "subprocess.Popen"),
    *("pty.spawn", "os.kill", "os.killpg", "signal.pthread_kill", "socket.connect"),
    *("socket.bind", "ctypes.dlopen"),
)
"""What no solution needs, and what could outlive its process, or end ours; by the names of Python's audit events."""

TEXT_BYTES = 200_000
"""How much of a file, or of one value, is kept."""

MOST_FILES = 50
"""How many files beside the solution are kept."""

REPORT_BYTES = 2_000_000
"""How much a run may tell."""

FILES = 64
"""Open files of a run."""

_BUILTIN = (int, float, str, list, tuple, dict)
_COMPARES = ("__eq__", "__ne__", "__hash__", "__lt__", "__le__", "__gt__", "__ge__")


class Foreign(Exception):
    """A value that is nothing JSON can say."""


def main() -> None:
    job = json.loads(sys.stdin.buffer.read())
    print(job["nonce"] + " began", flush=True)
    if "generator" in job:
        report = {"fresh": forked(job, ".", lambda tell: draw(job, tell))}
    else:
        report = observe(job)
    print(job["nonce"] + " " + json.dumps(report), flush=True)


def draw(job: Json, tell: Tell) -> None:
    """Fresh inputs, and what the reference makes of them."""
    import random

    made: Json = {"random": random}
    known: Json = {}
    exec(job["generator"], made)
    exec(job["reference"], known)
    rng = random.Random(job["seed"])
    for _ in range(job["n"]):
        args = json.dumps(made["generate"](rng))
        tell({"args": json.loads(args), "value": plain(known[job["function"]](*json.loads(args)))})


def observe(job: Json) -> Json:
    """The solution under its tests, again in another order, and with no test in sight."""
    report: Json = {"found": found()}
    beside: dict[str, str] = {}
    if job["solution"] is None:
        job["solution"] = report["found"]["solution"] or ""
        beside = report["found"]["others"]
    root = os.path.join(os.environ.get("TMPDIR", "/tmp"), job["folder"])
    folders = [os.path.join(root, name) for name in ("tested", "again", "field")]
    try:
        for folder in folders:
            os.makedirs(folder, 0o700)
            for name, text in {**beside, SOLUTION: job["solution"]}.items():
                put(folder, name, text)
        tested, again, field = folders
        for folder in (tested, again):
            put(folder, TESTS, job["tests"])
        n = len(job["visible"])
        once, twice = [*range(n)], [*reversed(range(n)), *range(n)]
        report["tested"] = forked(job, tested, lambda tell: under_test(job, once, tell))
        went = report["tested"]
        if went["end"] == "timeout" or not any("imported" in one for one in went["records"]):
            return report  # nothing more to be learnt, and slowly
        report["again"] = forked(job, again, lambda tell: under_test(job, twice, tell))
        report["field"] = forked(job, field, lambda tell: in_the_field(job, tell))
        return report
    finally:
        remove(root)


# ------------------------------------------------------------------------- in the solution's process


def under_test(job: Json, order: Sequence[int], tell: Tell) -> None:
    """Call the solution from functions that stand where those of the test file do."""
    sys.modules["pytest"] = _pytest()
    os.environ["PYTEST_CURRENT_TEST"] = TESTS + "::test_1 (call)"
    sys.argv = ["pytest", TESTS]
    module = imported(job, tell)
    path = os.path.join(os.getcwd(), TESTS)
    tests: Json = {"__name__": "test_solution", "__file__": path, "_args": Inputs(job["visible"])}
    tests[job["function"]] = getattr(module, job["function"])
    exec(compile(job["calls"], path, "exec"), tests)
    for i in order:
        name = f"test_{i + 1}"
        os.environ["PYTEST_CURRENT_TEST"] = f"{TESTS}::{name} (call)"
        called(i, tests[name], tell, job["expected"][i])


def in_the_field(job: Json, tell: Tell) -> None:
    function = getattr(imported(job, tell), job["function"])
    inputs = Inputs(job["held_out"])
    for i in range(len(job["held_out"])):

        def call(i: int = i) -> object:
            return function(*inputs[i])

        called(i, call, tell, None)


def imported(job: Json, tell: Tell) -> ModuleType:
    """The solution as a module."""
    seed(0)
    path = os.path.join(os.getcwd(), SOLUTION)
    sys.path.insert(0, os.getcwd())
    module = type(sys)("solution")
    module.__file__ = path
    sys.modules["solution"] = module
    try:
        exec(compile(job["solution"], path, "exec"), module.__dict__)
        getattr(module, job["function"])
    except BaseException as error:
        tell({"import_error": said(error), "exits": exits(error)})
        raise
    tell({"imported": True})
    return module


def called(i: int, call: Callable[[], object], tell: Tell, expected: object) -> None:
    """Tell of one call; chance begins anew with each, so that it is no difference between calls."""
    try:
        seed(0)
        value = call()
    except BaseException as error:
        tell({"i": i, "error": said(error), "exits": exits(error)})
        return
    record: Json = {"i": i}
    foreign: list[str] = []
    try:
        record["value"] = plain(value, foreign)
    except Foreign as error:
        record["no_value"] = str(error)
    except BaseException as error:
        record["no_value"] = said(error)
    if foreign or "no_value" in record:
        record["foreign"] = foreign
        try:
            record["says_equal"] = bool(value == expected)
        except BaseException:
            record["says_equal"] = False
    tell(record)


class Inputs:
    """The arguments of each call, anew each time they are asked for."""

    def __init__(self, args: Sequence[Any]) -> None:
        self._written = [json.dumps(one) for one in args]

    def __getitem__(self, i: int) -> Any:
        return json.loads(self._written[i])


def plain(value: Any, foreign: list[str] | None = None, depth: int = 0) -> Any:
    """A value by the contents of builtin types, whatever classes made of it say of themselves."""
    kind: Any = type(value)
    if value is None or kind in (bool, int, float, str):
        return value
    if depth > 50:
        raise Foreign("nested too deep")
    if kind not in _BUILTIN:
        if foreign is not None and any(_overloads(one) for one in kind.__mro__):
            foreign.append(kind.__name__)
        kind = next((base for base in _BUILTIN if issubclass(kind, base)), None)
        if kind is None:
            raise Foreign("a " + type(value).__name__)
    if kind in (int, float, str):
        return {int: int.__int__, float: float.__float__, str: str.__str__}[kind](value)
    if kind is dict:
        pairs: list[tuple[Any, Any]] = [*dict.items(value)]
        if any(type(key) is not str for key, _ in pairs):
            raise Foreign("a dictionary whose keys are no strings")
        return {key: plain(one, foreign, depth + 1) for key, one in pairs}
    return [plain(one, foreign, depth + 1) for one in kind.__iter__(value)]


def _overloads(kind: type) -> bool:
    """Whether a class says in Python code, other than the standard library's, how it compares."""
    library = os.path.dirname(os.__file__)
    codes = [getattr(kind.__dict__.get(name), "__code__", None) for name in _COMPARES]
    return any(code and not code.co_filename.startswith(library) for code in codes)


def said(error: BaseException) -> str:
    try:
        return (type(error).__name__ + ": " + str(error))[:200]
    except BaseException:
        return type(error).__name__


def exits(error: BaseException) -> bool:
    """Whether an exception ends a test run, or a test, without a failure."""
    return isinstance(error, (SystemExit, _Left)) or type(error).__name__ in ("SkipTest", "Skipped")


class _Left(BaseException):
    """What stands for `pytest.skip`, `pytest.exit` and their kin."""


def _pytest() -> Any:
    """Stands for pytest, which the sandbox may lack: as in a test run, it is loaded."""
    module: Any = type(sys)("pytest")

    def leave(*_: object, **__: object) -> None:
        raise _Left("left the test")

    module.skip = module.exit = module.xfail = module.importorskip = leave
    module.__getattr__ = lambda name: lambda *args, **_: args[0] if args else None
    return module


# ------------------------------------------------------------------------------------ in our own


def forked(job: Json, folder: str, work: Callable[[Tell], None]) -> Json:
    """What a process with limits tells, line by line, and how it ended."""
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(reading)
        _confined(job, folder, writing, work)
    os.close(writing)
    deadline = time.monotonic() + job["limits"]["seconds"]
    told, status, unread, cut = bytearray(), None, True, ""
    while unread or status is None:
        if unread:
            ready = select.select([reading], [], [], 0.05 if status is None else 0)[0]
            part = os.read(reading, 65536) if ready else b""
            told += part
            unread = bool(part) or (not ready and status is None)
        else:
            time.sleep(0.001)  # it has closed its end, or is about to be gone
        if status is None:
            ended, code = os.waitpid(pid, os.WNOHANG)
            status = code if ended else None
        if status is None and not cut:
            late = time.monotonic() > deadline
            cut = "timeout" if late else "output" if len(told) > REPORT_BYTES else ""
            if cut:
                _end(pid)
    os.close(reading)
    _end(pid)  # whatever it left behind in its group
    return {"records": records(told), "end": cut or _how(status, done(job))}


def _end(pid: int) -> None:
    """Kill a run and its group; after it has been waited for, what is left of the group."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except OSError:
        return  # nobody is left of it


def _how(status: int, at_the_end: int) -> str:
    if os.WIFSIGNALED(status):
        return "timeout" if os.WTERMSIG(status) == signal.SIGXCPU else "signal"
    return "done" if os.WEXITSTATUS(status) == at_the_end else "exited"


def done(job: Json) -> int:
    """The status with which a run ends that came to its end; no solution ends with it by chance."""
    return 64 + int(job["nonce"], 16) % 64


def _confined(job: Json, folder: str, writing: int, work: Callable[[Tell], None]) -> NoReturn:
    """Do some work within limits, out of reach of what is ours, and end the process."""
    leave, at_the_end = os._exit, done(job)
    try:
        write, limits = os.write, job["limits"]
        os.setsid()
        empty = os.open(os.devnull, os.O_RDWR)
        for standard in (0, 1, 2):
            os.dup2(empty, standard)
        os.dup2(writing, 3)
        os.closerange(4, 256)
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        cpu = limits["cpu_seconds"]
        resource.setrlimit(
            resource.RLIMIT_CPU, (cpu, cpu + 1)
        )  # a signal first, by which it is told
        for name, most in (
            ("RLIMIT_AS", limits["memory_bytes"]),
            ("RLIMIT_FSIZE", limits["file_bytes"]),
            ("RLIMIT_NOFILE", FILES),
            ("RLIMIT_CORE", 0),
            ("RLIMIT_NPROC", 0),
        ):
            resource.setrlimit(getattr(resource, name), (most, most))
        os.chdir(folder)
        dumps = json.dumps

        def tell(record: Json) -> None:
            try:
                line = dumps(record)
            except (ValueError, RecursionError):
                line = dumps({"i": record.get("i"), "no_value": "nothing that JSON can say"})
            if len(line) > TEXT_BYTES:
                line = dumps({"i": record.get("i"), "no_value": "too long"})
            data = line.encode() + b"\n"
            while data:
                data = data[write(3, data) :]

        import _posixsubprocess  # what starts processes without an audit event

        vars(_posixsubprocess)["fork_exec"] = _no_process
        _watch(tell)
        work(tell)
    except BaseException:
        pass  # told where it was raised; the process itself came to its end
    finally:
        leave(at_the_end)


def _no_process(*_: object) -> NoReturn:
    raise PermissionError("starting a process is refused here")


def _watch(tell: Tell) -> None:
    """Tell of files that are opened by name, and refuse what no solution needs."""
    telling: list[str] = []

    def heard(event: str, args: tuple[Any, ...]) -> None:
        if (event not in REFUSED and event != "open") or telling:
            return
        telling.append(event)
        try:
            if event == "open":
                name = (
                    os.path.basename(os.fsdecode(args[0]))
                    if isinstance(args[0], (str, bytes))
                    else ""
                )
                if name == TESTS or name in CONFIGS:
                    writes = bool((args[2] or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
                    tell({"opens": name, "writes": writes})
                return
            tell({"refused": event})
        finally:
            telling.clear()
        raise PermissionError(event + " is refused here")

    sys.addaudithook(heard)


def records(told: bytearray) -> list[Json]:
    """Whole lines that are JSON objects."""
    found = []
    for line in bytes(told).split(b"\n")[:-1]:
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(record, dict):
            found.append(record)
    return found


def found() -> Json:
    """What stands in the working directory: solution, tests, what may change a test run, and other files."""
    configs = {name: text_of(name) for name in CONFIGS if os.path.lexists(name)}
    names = sorted(name for name in os.listdir(".") if os.path.isfile(name))[:MOST_FILES]
    others = {name: text_of(name) for name in names if name not in (SOLUTION, TESTS, *CONFIGS)}
    return {
        "solution": text_of(SOLUTION),
        "tests": text_of(TESTS),
        "configs": configs,
        "others": {name: text for name, text in others.items() if text is not None},
    }


def text_of(name: str) -> str | None:
    try:
        with open(name, encoding="utf-8", errors="replace") as file:
            return file.read(TEXT_BYTES)
    except OSError:
        return None


def put(folder: str, name: str, text: str) -> None:
    with open(os.path.join(folder, name), "w", encoding="utf-8", errors="replace") as file:
        file.write(text)


def remove(root: str) -> None:
    for folder, folders, files in os.walk(root, topdown=False):
        for name in files:
            os.unlink(os.path.join(folder, name))
        for name in folders:
            path = os.path.join(folder, name)
            (os.unlink if os.path.islink(path) else os.rmdir)(path)
    if os.path.isdir(root):
        os.rmdir(root)


if __name__ == "__main__":
    main()
