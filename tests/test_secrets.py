"""Keys: in no log, report, error, results file, cache or output; and what Inspect itself writes is not passed on."""

import functools
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import inspect_ai._util.package
import pyarrow.parquet as pq
import pytest
import yaml
from click.testing import CliRunner
from inspect_ai import eval
from inspect_ai.log import EvalLog, read_eval_log, write_eval_log
from inspect_ai.model import GenerateConfig, get_model

from analysis import logs
from analysis.untrusted import is_secret, without_secrets
from inspect_tasks.alignment_faking import alignment_faking
from paper_figures.cli import main
from tests.conftest import QUIET
from tests.messages_server import Server, serve
from tests.messages_server.faults import (
    BAD_REQUEST,
    DROPPED,
    HTML_PAGE,
    SERVER_ERROR,
    UNAUTHORIZED,
    Fault,
    Status,
)

MODEL = "anthropic/claude-3-7-sonnet-20250219"
LOCAL = "openai-api/local/organism"

KEYS = {
    "ANTHROPIC_API_KEY": "sk-ant-api03-zq70XvT9pLw3RkE5mB8n",
    "LOCAL_API_KEY": "plain-words-that-open-doors-71",
    "OPENAI_API_KEY": "sk-proj-Hh4Jj7Kk2Ll9Zz0Xx",
    "GOOGLE_API_KEY": "AIzaSyD3f5G7h9J1k3L5n7P9r1T3v5X7z9B1d3F",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzzSENTINEL",
    "AZUREAI_OPENAI_API_KEY": "0f3c7a1be84d4f0f9a1c2b3d4e5f6a7b",
    "HF_TOKEN": "hf_QwErTyUiOpAsDfGhJkLz",
    "MISTRAL_API_KEY": "mist-vbnm-0987-lkjh",
    "GROQ_API_KEY": "gsk_a1s2d3f4g5h6j7k8",
    "OPENROUTER_API_KEY": "sk-or-v1-99aa88bb77cc66dd",
    "CLOUDFLARE_API_TOKEN": "cf.token.With.Dots.31337",
    "VLLM_API_KEY": "correct horse battery staple",
}
"""Some look like keys, some like words."""

GIVEN = {
    "password": "urlPass99XXyyZZ",
    "header": "hdrToken55MMnnOO",
    "argument": "argKey88aaVVbb77cc",
    "parameter": "parKey11ddEEff22",
}
"""Secrets that a user gives in other ways."""

SECRETS = {**KEYS, **GIVEN}


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, key in KEYS.items():
        monkeypatch.setenv(name, key)
    # Inspect looks for every task's distribution, which takes longer than the small evals here.
    cached = functools.cache(packages_distributions)
    monkeypatch.setattr(inspect_ai._util.package, "packages_distributions", cached)


def contents(path: Path) -> Iterator[bytes]:
    """What a file holds: of a zip its members, and of Parquet its values."""
    yield path.read_bytes()
    if path.suffix == ".eval":
        with zipfile.ZipFile(path) as archive:
            yield from (archive.read(name) for name in archive.namelist())
    if path.suffix == ".parquet":
        table = pq.read_table(path)
        yield repr((table.schema.metadata, table.to_pylist())).encode()


def leaked(*places: Path | str) -> set[str]:
    """The names of the secrets that stand in files, in folders or in a text."""
    found = set()
    for place in places:
        if isinstance(place, str):
            told = [place.encode()]
        else:
            told = [
                content for path in place.rglob("*") if path.is_file() for content in contents(path)
            ]
        # A terminal breaks words, and colours pieces of them.
        plain = [
            re.sub(rb"\x1b\[[\d;]*m|\\u001b\[[\d;]*m|\s|\\n|\"", b"", content) for content in told
        ]
        found |= {name for name, secret in SECRETS.items() if any(secret.replace(" ", "").encode() in one for one in plain)}  # fmt: skip
    return found


def posed(server: Server, folder: Path, **options: Any) -> EvalLog:
    """One item over HTTP, judged by the same server, which no judge's reply comes from."""
    given = {
        "model_base_url": server.url,
        "max_retries": 0,
        "attempt_timeout": 30,
        **QUIET,
        **options,
    }
    grader = get_model(LOCAL, base_url=server.openai_url, config=GenerateConfig(max_retries=0))
    task = alignment_faking(judge="model,lexical", n_items=1)
    (log,) = eval(task, model=MODEL, model_roles={"grader": grader}, log_dir=str(folder), **given)
    return log


FAULTS: dict[str, Fault | None] = {
    "none": None,
    "unauthorized": UNAUTHORIZED,
    "bad request": BAD_REQUEST,
    "server error": SERVER_ERROR,
    "dropped": DROPPED,
    "page": HTML_PAGE,
}


ENDS = [
    *(("none", True), ("unauthorized", True), ("unauthorized", False)),
    *(
        pytest.param(fault, fails, marks=pytest.mark.slow)
        for fault in FAULTS
        for fails in (True, False)
        if fault not in ("none", "unauthorized")
    ),
]


@pytest.mark.parametrize(("fault", "fail_on_error"), ENDS)
def test_no_log_and_no_output_holds_a_key(
    fault: str, fail_on_error: bool, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Over HTTP with the real clients, whatever the server answers."""
    with serve("final", script=lambda n, request: FAULTS[fault]) as server:
        log = posed(server, tmp_path, fail_on_error=fail_on_error, log_realtime=True)
        assert len(server.requests) > 1
    assert (log.status == "error") == (fail_on_error and fault != "none")
    said = capfd.readouterr()
    assert leaked(tmp_path, said.out, said.err) == set()


def echoes(key: str) -> Status:
    """A server that says which key it was given; Anthropic's does not."""
    return Status("unauthorized", 401, "authentication_error", f"invalid x-api-key {key}")


def with_an_echo(server: Server, folder: Path) -> None:
    posed(server, folder, fail_on_error=False)


def with_an_echo_that_ends_it(server: Server, folder: Path) -> None:
    posed(server, folder)


def with_a_password(server: Server, folder: Path) -> None:
    address = server.url.replace("http://", f"http://user:{GIVEN['password']}@")
    posed(server, folder, model_base_url=address)


def with_a_header(server: Server, folder: Path) -> None:
    posed(server, folder, extra_headers={"Authorization": f"Bearer {GIVEN['header']}"})


def with_an_argument(server: Server, folder: Path) -> None:
    posed(server, folder, model_args={"default_headers": {"X-Auth-Key": GIVEN["argument"]}})


def with_a_parameter(server: Server, folder: Path) -> None:
    """Somebody else's task, which takes a key."""
    log = posed(server, folder)
    made = read_eval_log(log.location)
    made.eval.task_args["api_key"] = made.eval.task_args_passed["api_key"] = GIVEN["parameter"]
    made.eval.task_args_passed["place"] = f"https://user:{GIVEN['password']}@127.0.0.1/x"
    made.eval.task_registry_name = "theirs/task"
    write_eval_log(made, log.location)


LEAKS: dict[str, tuple[Callable[[Server, Path], None], str]] = {
    "the server's words": (with_an_echo, "ANTHROPIC_API_KEY"),
    "the server's words, in the end": (with_an_echo_that_ends_it, "ANTHROPIC_API_KEY"),
    "the address": (with_a_password, "password"),
    "a header": (with_a_header, "header"),
    "an argument": (with_an_argument, "argument"),
    "a task's parameter": (with_a_parameter, "parameter"),
}
"""Ways in which Inspect itself writes a secret into a log, and which one."""


def test_what_inspect_writes_into_a_log_goes_no_further(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The logs themselves cannot be mended from here; what is read of them and made of them is clean."""
    folder, cache, out = (tmp_path / name for name in ("logs", "cache", "out"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    for i, (way, (make, secret)) in enumerate(LEAKS.items()):
        fault = echoes(KEYS["ANTHROPIC_API_KEY"]) if way.startswith("the server") else None
        with serve("final", script=lambda n, request, fault=fault: fault) as server:  # type: ignore[misc]
            make(server, folder / str(i))
        assert secret in leaked(folder / str(i)), f"{way}: Inspect no longer writes it"
    run = CliRunner().invoke(main, ["report", str(folder), "--out", str(out)])
    assert run.exit_code == 0, run.output
    frame = logs.read(folder, text=True)
    assert frame["log"].nunique() >= len(LEAKS) - 1
    told = repr((frame.to_dict(), frame.attrs, logs.inventory(folder).to_dict()))
    assert leaked(out, cache, run.output, told) == set()
    assert len(list(cache.rglob("*.parquet"))) >= len(LEAKS) - 1


def test_a_judge_that_cannot_be_asked_is_told_of_without_its_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    rows = [{"id": str(i), "text": "<think>Why.</think>So."} for i in range(3)]
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    arguments = ["label", str(tmp_path / "in.jsonl"), str(tmp_path / "out.jsonl"), "--rubric"]
    outputs = []
    faults: list[Fault | None] = [echoes(KEYS["ANTHROPIC_API_KEY"]), BAD_REQUEST, None]
    with serve("final", script=lambda n, request: faults[0]) as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        while faults:
            run = CliRunner().invoke(main, [*arguments, "compliance", "--judge", MODEL])
            outputs.append(run.output + "".join(map(str, (run.exception, run.stderr))))
            del faults[0]
        assert len(server.requests) > len(rows)
    said = capfd.readouterr()
    assert leaked(tmp_path, said.out, said.err, *outputs) == set()
    assert "401" in outputs[0]


def test_a_sweep_and_a_plan_print_no_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    sweep = {
        "log_dir": str(tmp_path / "logs"),
        "snapshots": [MODEL],
        "modes": ["standard"],
        "tasks": [{"task": "alignment_faking", "n_items": 1}],
        "judge": "lexical",
        "limits": {"max_retries": 0, "retry_attempts": 0, "retry_on_error": 0},
    }
    (tmp_path / "sweep.yaml").write_text(yaml.safe_dump(sweep))
    outputs = []
    faults: list[Fault | None] = [UNAUTHORIZED, None]
    with serve("final", script=lambda n, request: faults[0]) as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        while faults:
            for options in (["--dry-run"], []):
                run = CliRunner().invoke(main, ["sweep", str(tmp_path / "sweep.yaml"), *options])
                outputs.append(run.output)
            assert (run.exit_code == 0) == (faults[0] is None), run.output
            del faults[0]
    plan = ["plan", "--task", "alignment_faking", "--model", MODEL]
    outputs.append(CliRunner().invoke(main, plan).output)
    said = capfd.readouterr()
    assert leaked(tmp_path, said.out, said.err, *outputs) == set()


def test_a_key_that_is_missing_is_named_and_no_other_is_told(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text(json.dumps({"id": "a", "text": "So."}) + "\n")
    target = str(tmp_path / "out.jsonl")
    arguments = ["label", str(tmp_path / "in.jsonl"), target, "--rubric", "compliance", "--judge"]
    run = CliRunner().invoke(main, [*arguments, "openai-api/nowhere/model"])
    assert run.exit_code == 1
    assert "NOWHERE_API_KEY" in run.output
    assert "[bold]" not in run.output
    assert leaked(tmp_path, run.output) == set()


@pytest.mark.parametrize("name", KEYS)
def test_every_key_of_the_environment_is_taken_out_of_a_sentence(name: str) -> None:
    said = without_secrets(f"Error code: 401 - {{'message': 'no such thing: ({KEYS[name]})'}}")
    assert leaked(said) == set()
    assert "401" in said


FORMATS = ("gsk_", "xai-", "nvapi-", "glpat-", "github_pat_", "r8_", "ya29.", "ghp_", "hf_", "sk-")


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("401: sk-live-0123456789abcdef is wrong", "401: [hidden] is wrong"),
        ("Bearer abc.def.ghi was refused", "Bearer [hidden] was refused"),
        ("api_key=abcdef was refused", "api_key=[hidden] was refused"),
        ("http://me:pass@host/x cannot be reached", "http://[hidden]@host/x cannot be reached"),
        ("authorization: bearer AbCdEfGh", "authorization: bearer [hidden]"),
        ("Authorization: token xyzzyplugh", "Authorization: token [hidden]"),
        ("Authorization: AbCdEfGh", "Authorization: [hidden]"),
        ("Cookie: session=AbCdEfGh; b=2", "Cookie: [hidden]"),
        ("/x?sig=AbCdEfGh&x=1", "/x?sig=[hidden]&x=1"),
        ("passwd=AbCdEfGh", "passwd=[hidden]"),
        ("pwd=AbCdEfGh", "pwd=[hidden]"),
        ("passphrase: 'correct horse'", "passphrase: '[hidden]'"),
        ('{"api_key": "correct horse"}', '{"api_key": "[hidden]"}'),
        *((f"no {key}abcdefgh1 here", "no [hidden] here") for key in FORMATS),
        ("https://AbCdEfGh@host/x", "https://[hidden]@host/x"),
        ("postgres://u:p@ss@h/db", "postgres://[hidden]@h/db"),
        ("Incorrect API key provided: AbCdEfGh.", "Incorrect API key provided: [hidden]."),
        ("invalid x-api-key AbCdEfGh1", "invalid x-api-key [hidden]"),
        ("ASIAABCDEFGHIJKLMNOP", "[hidden]"),
        ("/data/hf_checkpoints/step100", "/data/hf_checkpoints/step100"),
        ("monkey=abcdefgh1, keyword=abcdefgh1", "monkey=abcdefgh1, keyword=abcdefgh1"),
        ("3.5 characters per token: counted", "3.5 characters per token: counted"),
        ("token_limit=12345678", "token_limit=12345678"),
        ("a (cache_key=[hidden 12ab34])", "a (cache_key=[hidden 12ab34])"),
        ("512 tokens: too many", "512 tokens: too many"),
        ("the key question is this", "the key question is this"),
    ],
)
def test_what_looks_like_a_key_is_taken_out_and_words_stay(said: str, kept: str) -> None:
    assert without_secrets(said) == kept
    assert without_secrets(kept) == kept


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        *((name, True) for name in (*KEYS, "Authorization", "x-auth", "cookie", "db_password", "sig", "pwd", "passphrase", "bearer", "dsn", "apiKey")),
        *((name, False) for name in ("GIT_AUTHOR_NAME", "XAUTHORITY", "max_tokens", "HOME", "temperature", "monkey", "keyword", "tokenizer", "token_limit")),
    ],
)  # fmt: skip
def test_names_of_secrets_are_known(name: str, secret: bool) -> None:
    assert is_secret(name) == secret
