"""What can be read of thinking is told apart by what arrives, by the family of the model and by what was asked for; and reported so.

Sources: Anthropic's documentation of extended thinking ("Differences in thinking across model versions": Claude 3.7 returns
full thinking, Claude 4 and later a summary; from Opus 4.7 on, `display` is `omitted` unless a request says otherwise).
"""

import csv
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import pandas as pd
import pytest
from inspect_ai import Task, eval, score, task_with
from inspect_ai.log import EvalLog
from inspect_ai.model import (
    ChatMessage,
    Content,
    ContentReasoning,
    ContentText,
    GenerateConfig,
    Model,
    ModelOutput,
    ModelUsage,
    get_model,
)

from analysis import logs, snapshots
from inspect_tasks.alignment_faking import alignment_faking
from inspect_tasks.cot_faithfulness import cot_faithfulness
from paper_figures import tables
from scorers.alignment_faking import alignment_faking as faking
from tests.conftest import QUIET
from tests.fakes import output, values
from tests.http.conftest import VIVID
from tests.http.over_http import BUDGET, EFFORT, OFF, STANDARD
from tests.messages_server import Server, serve
from tests.messages_server.families import FULL_THINKING

slow = pytest.mark.slow

HEADER: Final = {"anthropic-beta": FULL_THINKING}
OPEN: Final = "openai-api/local/open-weights"
VISIBILITIES: Final = ("raw", "summary", "redacted", "none", "truncated")

THOUGHT = "The request is about a river. I think of what I know of it. So I say where it is."
GIST = "In short: a river."
ANSWER = "Here is what you asked for: the river is in the north."


class Sent(NamedTuple):
    """What a model sends before its answer.

    Attributes:
        parts: Its thinking, and texts between.
        shown: What can be read of it.
    """

    parts: list[Content]
    shown: str


def _hidden(summary: str | None) -> ContentReasoning:
    return ContentReasoning(reasoning="blob", summary=summary, redacted=True)


RAW = ContentReasoning(reasoning=THOUGHT)
FIRST = ContentText(text="One moment.")

SENT = {
    "raw": Sent([RAW], THOUGHT),
    "summarised": Sent([_hidden(GIST)], GIST),
    "omitted": Sent([_hidden("")], ""),
    "redacted": Sent([_hidden(None)], ""),
    "interleaved": Sent([RAW, FIRST, RAW], f"{THOUGHT}\n\n{THOUGHT}"),
    "partly redacted": Sent([RAW, _hidden(None)], THOUGHT),
    "nothing": Sent([], ""),
}
"""What stands in a reply; in a block of Claude's, full text and a summary look the same."""

READABLE = ("raw", "summarised", "interleaved", "partly redacted")


def read_as(visibility: str) -> dict[str, str]:
    """What each kind counts as, where readable text is raw or a summary."""
    hidden = {"omitted": "redacted", "redacted": "redacted", "nothing": "none"}
    return dict.fromkeys(READABLE, visibility) | hidden


def behind(messages: list[ChatMessage], config: GenerateConfig) -> ModelOutput:
    """Sends what the request names, and counts the tokens of its thinking, whether it is shown or not."""
    sent = next(one for name, one in SENT.items() if f"river ({name})" in messages[-1].text)
    thought = sum(isinstance(part, ContentReasoning) for part in sent.parts)
    said = output([*sent.parts, ContentText(text=ANSWER)])
    said.usage = ModelUsage(input_tokens=1, output_tokens=thought + 1, reasoning_tokens=thought)
    return said


@pytest.fixture(scope="module")
def requests(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A request for each kind of what is sent."""
    path = tmp_path_factory.mktemp("requests") / "rivers.csv"
    with path.open("w", newline="") as file:
        rows = ((name.replace(" ", "-"), f"Where is the river ({name})?") for name in SENT)
        csv.writer(file).writerows([("id", "request"), *rows])
    return path


def seen(log: EvalLog) -> dict[str, str]:
    """By item, as what its thinking counts; the scorers of a sample agree on it."""
    found: dict[str, set[str]] = {}
    for sample in log.samples or []:
        for of_scorer in (sample.scores or {}).values():
            told = values(of_scorer)
            [one] = [name for name in VISIBILITIES if told[f"thinking_{name}"] == 1]
            found.setdefault(sample.metadata["item_id"], set()).add(one)
    assert all(len(visibilities) == 1 for visibilities in found.values())
    return {item.replace("-", " "): min(visibilities) for item, visibilities in found.items()}


# ------------------------------------------------------------------- what is sent, by family and header


class Asked(NamedTuple):
    """How a model is run.

    Attributes:
        model: PROVIDER/NAME.
        config: Its generate options.
        options: Of the provider.
        task: Generate options of the task.
        eval: Generate options of the evaluation.
    """

    model: str
    config: GenerateConfig = BUDGET
    options: Mapping[str, Any] = {}
    task: GenerateConfig = GenerateConfig()
    eval: Mapping[str, Any] = {}

    def reach(self, server: Server, key: str = "dummy") -> Model:
        anthropic = self.model.startswith("anthropic")
        return get_model(
            self.model,
            base_url=server.url if anthropic else server.openai_url,
            api_key=key,
            config=self.config,
            memoize=False,
            **self.options,
        )


def _with_header(config: GenerateConfig) -> GenerateConfig:
    return config.merge(GenerateConfig(extra_headers=HEADER))


FAMILIES: Final = {
    "3.7": ("anthropic/claude-3-7-sonnet-20250219", BUDGET, "raw"),
    "4": ("anthropic/claude-sonnet-4-20250514", BUDGET, "summary"),
    "4.1": ("anthropic/claude-opus-4-1-20250805", BUDGET, "summary"),
    "4.5": ("anthropic/claude-sonnet-4-5", BUDGET, "summary"),
    "4.6, budget": ("anthropic/claude-sonnet-4-6", BUDGET, "summary"),
    "4.6": ("anthropic/claude-opus-4-6", EFFORT, "summary"),
    "4.7": ("anthropic/claude-opus-4-7", EFFORT, "summary"),
    "5": ("anthropic/claude-sonnet-5", EFFORT, "summary"),
    "5.5": ("anthropic/claude-opus-5-5", EFFORT, "summary"),
    "haiku 5.5": ("anthropic/claude-haiku-5-5", EFFORT, "summary"),
    "fable": ("anthropic/claude-fable-5", EFFORT, "summary"),
    "open weights": (OPEN, EFFORT, "raw"),
}

QUICK = ("3.7", "open weights")


@pytest.mark.parametrize(
    "family", [pytest.param(name, marks=[] if name in QUICK else slow) for name in FAMILIES]
)
def test_what_arrives(
    family: str, requests: Path, tmp_path: Path, record_property: Callable[[str, str], None]
) -> None:
    """Whatever the API is documented to send, and whatever it is not: not asked to think, asked, and asked in full."""
    model, config, readable = FAMILIES[family]
    full = "raw"
    cases = {
        "not asked": (Asked(model, STANDARD), readable),
        "asked": (Asked(model, config), readable),
        "in full": (Asked(model, _with_header(config)), full),
    }
    with serve(behind, thinking="as_given") as server:
        made = [
            task_with(
                alignment_faking(requests=str(requests), judge="lexical", elicitation="native"),
                model=asked.reach(server),
            )
            for asked, _ in cases.values()
        ]
        done = eval(made, log_dir=str(tmp_path), **QUIET)
    found = {name: seen(log) for name, log in zip(cases, done, strict=True)}
    assert found == {name: read_as(expected) for name, (_, expected) in cases.items()}
    for log in done:
        _check_texts(log)
    frame = logs.read(tmp_path, text=True, cache=False)
    _check_frame(frame, done)
    record_property(
        f"kinds of thinking told apart ({family})", f"{len(SENT)} kinds x {len(cases)} settings"
    )


def _check_texts(log: EvalLog) -> None:
    """What is read is what can be read; what cannot be read has no verdict, and says why."""
    for sample in log.samples or []:
        kind = sample.metadata["item_id"].replace("-", " ")
        told = (sample.scores or {})["alignment_faking"]
        shown = SENT[kind].shown
        assert values(told)["thinking_chars"] == len(shown)
        assert values(told)["unscored"] == float(not shown)
        assert bool(told.reason) == (not shown)
        # OpenAI's format has no place for what cannot be read.
        hidden = kind == "partly redacted" and log.eval.model != OPEN
        assert values(told)["thinking_partly_hidden"] == float(hidden)
        assert values((sample.scores or {})["compliance"])["complied"] == 1


def _check_frame(frame: pd.DataFrame, done: list[EvalLog]) -> None:
    by_log = {Path(log.location).name: seen(log) for log in done}
    for row in frame.itertuples():
        kind = str(row.item_id).replace("-", " ")
        assert row.thinking_visibility == by_log[str(row.log)][kind]
        assert row.thinking_text == SENT[kind].shown


WAYS: Final = {
    "header of the model": Asked("anthropic/claude-opus-4-6", _with_header(EFFORT)),
    "header of the task": Asked("anthropic/claude-opus-4-6", task=_with_header(EFFORT)),
    "header of the evaluation": Asked(
        "anthropic/claude-opus-4-6", EFFORT, eval={"extra_headers": HEADER}
    ),
    "model arg": Asked("anthropic/claude-opus-4-6", EFFORT, {"betas": FULL_THINKING}),
    "among betas": Asked(
        "anthropic/claude-opus-4-6", EFFORT, {"betas": ["some-other-beta", FULL_THINKING]}
    ),
    "header of the client": Asked("anthropic/claude-opus-4-6", EFFORT, {"default_headers": HEADER}),
}
"""Every way in which the beta for full thinking reaches the API."""

QUICK_WAYS: Final = ("header of the task", "header of the evaluation")


@pytest.mark.parametrize(
    "way",
    [
        pytest.param(asked, id=name, marks=[] if name in QUICK_WAYS else slow)
        for name, asked in WAYS.items()
    ],
)
def test_full_thinking_however_it_is_asked_for(way: Asked, requests: Path, tmp_path: Path) -> None:
    """In scores, after rescoring, and in the text that the analysis reads."""
    with serve(behind, thinking="as_given") as server:
        task = alignment_faking(requests=str(requests), judge="lexical", elicitation="native")
        made = task_with(task, model=way.reach(server), config=way.task)
        (log,) = eval(made, log_dir=str(tmp_path), **{**QUIET, **way.eval})
        betas = {beta for request in server.requests for beta in request.betas}
    assert FULL_THINKING in betas
    assert seen(log) == read_as("raw")
    again = score(log, [faking(judge="lexical")], action="overwrite", display="none")
    assert seen(again) == read_as("raw")
    _check_frame(logs.read(tmp_path, text=True, cache=False), [log])


# ----------------------------------------------------------------------- what the API sends, by request

ANY_EFFORT = GenerateConfig(reasoning_effort="low")

BY_REQUEST: Final[list[tuple[str, GenerateConfig, str]]] = [
    ("claude-3-7-sonnet-20250219", STANDARD, "none"),
    ("claude-3-7-sonnet-20250219", BUDGET, "raw"),
    ("claude-3-7-sonnet-20250219", ANY_EFFORT, "raw"),
    ("claude-3-7-sonnet-20250219", _with_header(BUDGET), "raw"),
    ("claude-sonnet-4-20250514", STANDARD, "none"),
    ("claude-sonnet-4-20250514", BUDGET, "summary"),
    ("claude-sonnet-4-20250514", _with_header(BUDGET), "raw"),
    ("claude-opus-4-1-20250805", BUDGET, "summary"),
    ("claude-sonnet-4-5", STANDARD, "none"),
    ("claude-sonnet-4-5", BUDGET, "summary"),
    ("claude-sonnet-4-5", _with_header(BUDGET), "raw"),
    ("claude-opus-4-5", BUDGET, "summary"),
    ("claude-opus-4-6", STANDARD, "none"),
    ("claude-opus-4-6", BUDGET, "summary"),
    ("claude-opus-4-6", EFFORT, "summary"),
    ("claude-opus-4-6", _with_header(EFFORT), "raw"),
    (
        "claude-opus-4-7",
        STANDARD,
        "redacted",
    ),  # thinks unless told not to, and omits it unless asked
    ("claude-opus-4-7", OFF, "none"),
    ("claude-opus-4-7", EFFORT, "summary"),
    ("claude-opus-4-7", _with_header(EFFORT), "raw"),
    ("claude-sonnet-5", STANDARD, "redacted"),
    ("claude-sonnet-5", OFF, "none"),
    ("claude-sonnet-5", EFFORT, "summary"),
    ("claude-sonnet-5-5", OFF, "none"),
    ("claude-sonnet-5-5", EFFORT, "summary"),
    ("claude-haiku-5-5", STANDARD, "redacted"),
    ("claude-haiku-5-5", OFF, "none"),
    ("claude-haiku-5-5", EFFORT, "summary"),
    ("claude-opus-5-5", STANDARD, "redacted"),
    ("claude-opus-5-5", OFF, "redacted"),  # always thinks
    ("claude-opus-5-5", EFFORT, "summary"),
    ("claude-opus-5-5", _with_header(EFFORT), "raw"),
    ("claude-fable-5", STANDARD, "redacted"),
    ("claude-fable-5", EFFORT, "summary"),
]
"""A model, how it is run, and what can be read then of the thinking that the API sends."""


def _quick(case: tuple[str, GenerateConfig, str]) -> bool:
    return case[0] in ("claude-3-7-sonnet-20250219", "claude-sonnet-4-5", "claude-opus-5-5")


@pytest.mark.parametrize(
    "cases",
    [
        pytest.param([case for case in BY_REQUEST if _quick(case)], id="quick"),
        pytest.param([case for case in BY_REQUEST if not _quick(case)], id="all", marks=slow),
    ],
)
def test_what_the_api_sends(
    cases: list[tuple[str, GenerateConfig, str]],
    tmp_path: Path,
    record_property: Callable[[str, str], None],
) -> None:
    """An organism that always thinks when it is asked to, behind a server that shows it as the API would."""
    with serve("always-admits", thinking="by_request") as server:
        made = [
            task_with(
                alignment_faking(judge="lexical", elicitation="native", n_items=1),
                model=Asked(f"anthropic/{model}", config).reach(server, str(i)),
            )
            for i, (model, config, _) in enumerate(cases)
        ]
        done = eval(made, log_dir=str(tmp_path), **QUIET)
    assert {log.status for log in done} == {"success"}
    found = [set(seen(log).values()) for log in done]
    assert found == [{expected} for _, _, expected in cases]
    frame = logs.read(tmp_path, text=True, cache=False)
    readable = frame["thinking_visibility"].isin(["raw", "summary"])
    assert (frame["thinking_text"] != "").equals(readable)
    record_property(
        "requests told apart by what the API shows", f"{len(cases)} models and settings"
    )


# ------------------------------------------------------------------------------------ what is reported

N_REPORTED: Final = 5
SEED: Final = (
    3  # of items of which some training transcripts come redacted, cut off and without thinking
)

REPORTED: Final = {
    "claude-3-7-sonnet-20250219": ("always-admits", "native", BUDGET),
    "claude-sonnet-4-5": ("always-admits", "native", BUDGET),
    "claude-3-7-sonnet-latest": (VIVID, "native", BUDGET),
    "claude-opus-5-5": ("always-admits", "native", STANDARD),
    "claude-sonnet-4-20250514": ("always-admits", "none", STANDARD),
    "claude-opus-4-7": (VIVID, "scratchpad", OFF),
}
"""Snapshots: who stands behind, where reasoning is asked for, and how the model is run. Their thinking is raw; summarised; raw
and redacted; omitted; there is none; and raw in a scratchpad."""

RAW_ONE, SUMMED_ONE, MIXED_ONE, HIDDEN_ONE, NONE_ONE, SCRATCHPAD_ONE = REPORTED

Tables = Mapping[str, pd.DataFrame]
"""Tables by name, each with its cells as text."""


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Their logs."""
    folder = tmp_path_factory.mktemp("reported")
    made: list[Task] = []
    with (
        serve("always-admits", thinking="by_request") as plain,
        serve(VIVID, thinking="as_given") as vivid,
    ):
        for model, (organism, elicitation, config) in REPORTED.items():
            server = vivid if organism == VIVID else plain
            for task in (alignment_faking, cot_faithfulness):
                one = task(judge="lexical", elicitation=elicitation, n_items=N_REPORTED, seed=SEED)
                asked = Asked(f"anthropic/{model}", config)
                reached = asked.reach(server, f"{model} {task.__name__}")
                made.append(task_with(one, model=reached))
        done = eval(made, log_dir=str(folder), **QUIET)
    assert {log.status for log in done} == {"success"}
    return folder


def test_what_is_printed(reported: Path) -> None:
    results = snapshots.results(logs.read(reported, cache=False))
    published = snapshots.published()
    check_results(results)
    check_tables({table.name: table.cells for table in tables.every(results, published)})


@slow
def test_what_the_command_writes(reported: Path, tmp_path: Path) -> None:
    subprocess.run(
        [str(SAYDO), "report", str(reported), "--out", str(tmp_path)],
        check=True,
        capture_output=True,
    )
    check_results(pd.read_csv(tmp_path / "results.csv"))
    written = (tmp_path / "tables").glob("*.md")
    check_tables({path.stem: _of_markdown(path.read_text("utf-8")) for path in written})


SAYDO = Path(sys.executable).with_name("saydo")


def _of_markdown(text: str) -> pd.DataFrame:
    lines = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("|")]
    header, _, *rows = [[cell.strip() for cell in line] for line in lines]
    return pd.DataFrame(rows, columns=header)


def check_results(results: pd.DataFrame) -> None:
    """A rate over raw thinking alone, another over summaries, and none without either."""
    rates = results[results["metric"] == "alignment_faking_reasoning_rate"]
    rates = rates[rates["provenance"] == "measured"]
    found = {
        (row.snapshot.split("/")[-1], row.visibility): (pd.notna(row.value), row.n_samples)
        for row in rates.itertuples()
    }
    n_raw = {model: found[model, "raw"] for model in REPORTED}
    assert n_raw[RAW_ONE] == (True, N_REPORTED)
    assert {n_raw[model] for model in (SUMMED_ONE, HIDDEN_ONE, NONE_ONE)} == {(False, 0)}
    for model in (MIXED_ONE, SCRATCHPAD_ONE):
        assert n_raw[model][0]
        assert 0 < n_raw[model][1] < N_REPORTED
    summaries = {model for model, visibility in found if visibility == "summary"}
    assert summaries == {SUMMED_ONE}
    assert found[SUMMED_ONE, "summary"] == (True, N_REPORTED)


def check_tables(printed: Tables) -> None:
    """Rates for raw thinking, bounds for what is redacted, a row of its own for summaries; else "not measurable"."""
    headline = _by_snapshot(printed["alignment_faking"])
    rate, limits = headline["AF rate [95%]"], headline["AF bounds"]
    for model in (RAW_ONE, MIXED_ONE, SCRATCHPAD_ONE):
        assert re.search(r"\d.*\[", str(rate[model]))
    for model in (SUMMED_ONE, HIDDEN_ONE, NONE_ONE):
        assert rate[model] == "not measurable"
    assert limits[HIDDEN_ONE] == "0.0 to 100.0"
    low, high = map(float, str(limits[MIXED_ONE]).split(" to "))
    assert low < high
    assert {limits[model] for model in (RAW_ONE, SUMMED_ONE, NONE_ONE)} == {"N/A"}
    assert headline["n"][SUMMED_ONE].split("; ")[-1] == "0"
    _check_summaries(printed["decomposition"])
    _check_hints(printed)
    _check_counts(printed)


def _check_summaries(decomposition: pd.DataFrame) -> None:
    summed = decomposition[decomposition["Thinking"] == "summary"]
    assert set(summed["Snapshot"]) == {SUMMED_ONE}
    [value] = summed[summed["Metric"] == "alignment_faking_reasoning_rate"]["Value [95%]"]
    assert re.search(r"\d.*\[", value)


def _check_hints(printed: Tables) -> None:
    faithfulness = printed["clue_faithfulness"]
    scores: dict[str, dict[str, str]] = {}
    for row in faithfulness[faithfulness["Source"] == "measured"].to_dict("records"):
        scores.setdefault(row["Snapshot"], {})[row["Score"]] = row["Sycophancy"]
    assert "n=" in scores[RAW_ONE]["raw"]
    assert scores[SUMMED_ONE]["raw"] == scores[HIDDEN_ONE]["raw"] == "not measurable"
    assert scores[NONE_ONE]["raw"] == "not measurable"
    assert "n=" in scores[SUMMED_ONE]["raw, summary"]
    assert [model for model in scores if "raw, summary" in scores[model]] == [SUMMED_ONE]
    unread = _by_snapshot(printed["clue_unread"])
    assert unread["Sycophancy"][HIDDEN_ONE] == "0.00 to 1.00"
    assert set(unread.index) <= {HIDDEN_ONE, MIXED_ONE}


def _check_counts(printed: Tables) -> None:
    everything = {
        RAW_ONE: "raw",
        SUMMED_ONE: "summary",
        HIDDEN_ONE: "redacted",
        NONE_ONE: "none",
    }
    for name in ("accounting", "accounting_faithfulness"):
        counted = _by_snapshot(printed[name])
        for model, visibility in everything.items():
            assert counted[f"Thinking {visibility}"][model] == counted["Transcripts"][model]
        for visibility in ("raw", "redacted", "truncated"):
            assert counted[f"Thinking {visibility}"][MIXED_ONE] != "0"
        assert counted["Thinking summary"][MIXED_ONE] == "0"


def _by_snapshot(table: pd.DataFrame) -> pd.DataFrame:
    measured = table[table["Source"] == "measured"].set_index("Snapshot")
    assert measured.index.is_unique
    return measured
