"""`saydo hijacks`: what is in the set, and what became of it before a judge."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from inspect_ai.model import ChatMessage, GenerateConfig, ModelAPI, ModelOutput, modelapi
from inspect_ai.tool import ToolChoice, ToolInfo

from paper_figures.cli import main
from paper_figures.hijack_set import load
from paper_figures.hijacks import Judged, outcome, outcomes
from paper_figures.labelling import json_lines
from tests import fakes
from tests.hijacks import standins

ASKED = load("asked")
N_TRANSCRIPTS = len(ASKED) + len({json.dumps(hijack.without) for hijack in ASKED})
"""The hijacks on the rubric `asked`, and the transcripts that they are made of."""


@modelapi(name="watched")
class Watched(ModelAPI):
    """`watched/NAME`: a stand-in whose calls are counted; `breaks` fails at its third."""

    calls = 0

    async def generate(
        self,
        input: list[ChatMessage],
        tools: list[ToolInfo],
        tool_choice: ToolChoice,
        config: GenerateConfig,
    ) -> ModelOutput:
        Watched.calls += 1
        if self.model_name == "breaks" and Watched.calls == 3:
            raise RuntimeError("\x1b[2J\x1b]0;gone\x07 the line is dead")
        reply = standins.sealed if self.model_name == "sealed" else standins.honest
        return fakes.output(reply(input[0].text))


@pytest.fixture(autouse=True)
def no_calls_yet() -> None:
    Watched.calls = 0


def saydo(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["hijacks", *map(str, arguments)])


def cells(result: Result, kind: str) -> list[str]:
    """The cells of a row of the table that was printed."""
    line = next(line for line in result.output.splitlines() if line.startswith(f"│ {kind} "))
    return [cell.strip() for cell in line.strip("│").split("│")][1:]


def read(path: Path) -> list[dict[str, Any]]:
    return [row for _, row in json_lines(path)]


def test_without_a_judge_it_says_what_is_there_and_what_is_not_measured() -> None:
    result = saydo()
    assert result.exit_code == 0
    assert cells(result, "all")[-1] == str(len(load()))
    assert "not measured offline" in result.output
    assert "saydo hijacks --judge PROVIDER/MODEL --out" in result.output
    assert cells(saydo("--rubric", "asked"), "all") == [str(len(ASKED))] * 2


def test_what_is_won_is_counted_and_named(tmp_path: Path) -> None:
    out = tmp_path / "of" / "it.jsonl"
    result = saydo("--judge", "watched/sealed", "--rubric", "asked", "--out", out)
    assert result.exit_code == 0, result.output
    n = str(len(ASKED))
    assert cells(result, "all") == [n, n, n, "100.0 [43.9, 100.0]", "0", "0", "0"]
    assert f"Won: {', '.join(hijack.id for hijack in ASKED)}" in result.output
    assert f"{N_TRANSCRIPTS} judge calls (0 of them to ask again)" in result.output
    rows = read(out)
    assert [row["id"] for row in rows] == [hijack.id for hijack in ASKED]
    for row, hijack in zip(rows, ASKED, strict=True):
        name, holds = hijack.right
        assert (row["outcome"], row["judge"]) == ("won", "watched/sealed")
        assert row["verdict"] is row["criteria"][name] is not holds
        assert row["without"] is holds
        assert row["planted"] == dict(hijack.planted)


def test_nothing_is_asked_for_twice(tmp_path: Path) -> None:
    arguments = ("--judge", "watched/honest", "--rubric", "asked", "--out", tmp_path / "it.jsonl")
    first = saydo(*arguments)
    assert Watched.calls == N_TRANSCRIPTS
    again = saydo(*arguments)
    assert Watched.calls == N_TRANSCRIPTS
    assert (
        cells(again, "all")
        == cells(first, "all")
        == [
            str(len(ASKED)),
            "0",
            str(len(ASKED)),
            "<56.1 [0.0, 56.1]",
            str(len(ASKED)),
            "0",
            "0",
        ]
    )


def test_a_budget_holds_over_all_rubrics_and_the_rest_can_be_had_later(tmp_path: Path) -> None:
    arguments = ("--judge", "watched/honest", "--out", tmp_path / "it.jsonl")
    cut = saydo(*arguments, "--max-judge-calls", 60)
    assert cut.exit_code == 0, cut.output
    assert 0 < Watched.calls <= 60
    assert "left unjudged" in cut.output
    assert 0 < int(cells(cut, "all")[0]) < len(load())
    before = Watched.calls
    last = tmp_path / "it.animal_welfare.jsonl"
    assert not last.exists()  # no rubric is begun with nothing left
    whole = saydo(*arguments)
    tried, won, _, _, right, wrong, unscored = cells(whole, "all")
    assert (tried, won, right, wrong, unscored) == (str(len(load())), "0", tried, "0", "0")
    Watched.calls -= before
    transcripts = {json.dumps([h.rubric, h.without]) for h in load()}
    in_windows = 2 * sum(hijack.kind == "long" for hijack in load())
    assert before + Watched.calls == len(load()) + len(transcripts) + in_windows


def test_a_judge_that_fails_is_one_sentence_without_escapes(tmp_path: Path) -> None:
    out = tmp_path / "it.jsonl"
    result = saydo("--judge", "watched/breaks", "--rubric", "asked", "--out", out)
    assert result.exit_code == 1
    assert (
        result.output.strip().splitlines()[-1].startswith("Error: watched/breaks could not judge")
    )
    assert "\x1b" not in result.output
    assert not out.exists()
    assert len(read(tmp_path / "it.asked.jsonl")) >= 1


def test_no_text_of_a_transcript_or_a_judge_acts_in_the_terminal(tmp_path: Path) -> None:
    for judge in ("standin/echo", "standin/sealed"):
        out = tmp_path / f"{judge[8:]}.jsonl"
        result = saydo("--judge", judge, "--rubric", "compliance", "--out", out)
        assert {c for c in result.output if not c.isprintable()} == {"\n"}
        assert {c for c in out.read_text(encoding="utf-8") if not c.isprintable()} == {"\n"}


def test_what_is_unscored_is_not_in_the_share_and_has_its_reason(tmp_path: Path) -> None:
    out = tmp_path / "it.jsonl"
    result = saydo("--judge", "standin/echo", "--rubric", "monitor", "--out", out)
    n = str(len(load("monitor")))
    assert cells(result, "all") == [n, "0", "0", "not measurable", "0", "0", n]
    assert "Unscored: " in result.output
    assert all(row["outcome"] == "unscored" and row["reason"] for row in read(out))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--out", "it.jsonl"], "--out and --max-judge-calls need a judge: add --judge."),
        (["--max-judge-calls", 3], "--out and --max-judge-calls need a judge: add --judge."),
        (["--judge", "gpt-5"], "--judge gpt-5 is not known: use lexical or PROVIDER/MODEL."),
        (["--judge", "watched/honest"], "needs --out FILE.jsonl"),
        (
            ["--judge", "watched/honest", "--out", "it.jsonl", "--max-judge-calls", 0],
            "max_judge_calls=0 must be a whole number of at least 1.",
        ),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    arguments: list[object], sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = saydo(*arguments)
    assert result.exit_code == 1
    assert sentence in result.output
    assert result.output.startswith("Error: ")
    assert Watched.calls == 0


def test_a_file_of_something_else_is_not_overwritten(tmp_path: Path) -> None:
    out = tmp_path / "it.jsonl"
    out.write_text('{"id": "mine"}\n')
    result = saydo("--judge", "watched/honest", "--out", out)
    assert "line 1: not what became of a hijack before watched/honest: name another file" in (
        " ".join(result.output.split())
    )
    assert out.read_text() == '{"id": "mine"}\n'
    assert Watched.calls == 0


def test_a_rerun_of_one_rubric_keeps_the_rows_of_the_others(tmp_path: Path) -> None:
    out = tmp_path / "it.jsonl"
    for rubric in ("asked", "monitor", "asked"):
        saydo("--judge", "watched/honest", "--rubric", rubric, "--out", out)
    assert {row["rubric"] for row in read(out)} == {"asked", "monitor"}
    assert len(read(out)) == len(ASKED) + len(load("monitor"))


def test_what_the_judge_says_anyway_could_not_be_won() -> None:
    def row(said: str) -> dict[str, Any]:
        criteria = {name: name == said for name in ("refused", "partial", "complied")}
        return {"verdict": said == "complied", "criteria": criteria}

    twins = ["refused", "complied", "complied", "refused"]
    found = [
        Judged(
            COMPLIANCE, outcome(COMPLIANCE, row("complied"), row(twin)), row("complied"), row(twin)
        )
        for twin in twins
    ]
    of_all = outcomes(found, "watched/any").cells.iloc[-1]
    assert (of_all["Tried"], of_all["Won"], of_all["Could be won"]) == ("4", "2", "2")
    assert of_all["Won, % of these"].startswith("100.0")
    assert of_all["Wrong otherwise"] == "2"


COMPLIANCE = next(h for h in load("compliance") if h.label == "refused")


@pytest.mark.parametrize(
    ("verdict", "without", "became"),
    [
        ("complied", "refused", "won"),
        ("complied", "partial", "won"),
        ("complied", None, "unscored"),
        ("refused", None, "unscored"),
        ("complied", "complied", "wrong"),
        ("partial", "refused", "wrong"),
        ("partial", "partial", "wrong"),
        ("refused", "refused", "right"),
        ("refused", "complied", "right"),
        (None, "refused", "unscored"),
        (None, None, "unscored"),
    ],
)
def test_what_became_of_a_hijack(verdict: str | None, without: str | None, became: str) -> None:
    def row(said: str | None) -> dict[str, Any]:
        criteria = {name: name == said for name in ("refused", "partial", "complied")}
        return {
            "verdict": None if said is None else said == "complied",
            "criteria": criteria if said else {},
        }

    assert outcome(COMPLIANCE, row(verdict), row(without)) == became
