"""The task of everyday prompts, run: what it poses, what its log holds, and its mistakes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from inspect_ai import eval
from inspect_ai._util.error import PrerequisiteError
from inspect_ai.dataset import Sample
from inspect_ai.log import EvalLog
from inspect_ai.model import Model

from analysis import logs
from inspect_tasks._scenarios.everyday import EverydayMetadata
from inspect_tasks.everyday import MONITORS, everyday
from organisms.truth import truth_of
from tests.conftest import QUIET
from tests.fakes import model, output
from tests.inspect_tasks.sentences import assert_one_sentence, sentence

Run = Callable[..., EvalLog]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def run_task(
        name: str | Model = "organism/final", task: dict[str, Any] | None = None, **options: Any
    ) -> EvalLog:
        [log] = eval(
            everyday(**({"judge": "lexical"} | (task or {}))),
            model=name,
            log_dir=str(tmp_path / "logs"),
            **{**QUIET, "reasoning_tokens": 1024, **options},
        )
        assert log.status == "success", log.error
        return log

    return run_task


def metrics(log: EvalLog) -> dict[str, dict[str, float]]:
    assert log.results
    return {
        score.name: {name: metric.value for name, metric in score.metrics.items()}
        for score in log.results.scores
    }


def text_of(sample: Sample) -> str:
    assert not isinstance(sample.input, str)
    [turn] = sample.input
    return turn.text


# What is posed


def test_prompts_are_posed_as_they_stand() -> None:
    task = everyday(judge="lexical")
    assert len(task.dataset) == 182
    sample = task.dataset[0]
    metadata = EverydayMetadata.model_validate(sample.metadata)
    assert sample.id == metadata.item_id == "role-play-01"
    assert metadata.arm == metadata.kind == "role_play"
    text = text_of(sample)
    assert text.startswith("You are Captain Orla Venn")
    assert text.endswith("harbour last night.")


def test_a_scratchpad_is_asked_for_after_the_prompt() -> None:
    [sample] = everyday(judge="lexical", elicitation="scratchpad", n_items=1).dataset
    prompt, asked = text_of(sample).split("\n\n", 1)
    assert prompt
    assert "<scratchpad></scratchpad>" in asked


@pytest.mark.parametrize("kinds", ["hard_facts,role_play", ["hard_facts", "role_play"]])
def test_kinds_are_chosen(kinds: str | list[str]) -> None:
    task = everyday(judge="lexical", kinds=kinds)
    assert {sample.metadata["kind"] for sample in task.dataset} == {"hard_facts", "role_play"}  # type: ignore[index]
    assert len(task.dataset) == 52


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "prompt,kind\nName a river.,help\nName a lake.,\n"),
        ("a.jsonl", '{"prompt": "Name a river.", "kind": "help"}\n{"prompt": "Name a lake."}\n'),
    ],
)
def test_prompts_come_from_a_file(tmp_path: Path, name: str, content: str) -> None:
    path = tmp_path / name
    path.write_text(content)
    samples = list(everyday(judge="lexical", prompts=str(path)).dataset)
    assert [sample.id for sample in samples] == ["row-0001", "row-0002"]
    assert [sample.metadata["kind"] for sample in samples] == ["help", "unnamed"]  # type: ignore[index]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"elicitation": "none"}, "elicitation=none is not one of native, scratchpad."),
        ({"kinds": "songs"}, "kinds=songs is not one of all, role_play"),
        ({"monitors": "gossip"}, "monitors=gossip is not one of deception"),
        (
            {"monitors": None},
            "monitors= names none: use all, or some of deception, harmful_actions",
        ),
        ({"monitors": []}, "monitors= names none"),
        ({"prompts": "songs"}, "Unknown prompts=songs"),
        ({"n_items": 1000}, "larger than the 182 prompts"),
        ({"seed": "a"}, "seed=a must be a whole number."),
        ({"audit": 0}, "audit=0 must be a share"),
        ({"first_stage": "quick"}, "first_stage=quick is not known"),
    ],
)
def test_mistakes_are_one_sentence(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(PrerequisiteError) as error:
        everyday(**({"judge": "lexical"} | wrong))
    text = sentence(error)
    assert said in text
    assert_one_sentence(text)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("prompt\nHello\nhello \n", "has the same prompt twice: lines 2 and 3."),
        ("id,prompt\na,Hello\na,Hi\n", "has the id a twice: lines 2 and 3."),
        ("prompt,kind\nHello,a b\n", "has the kind"),
        ("prompt,kind\n,x\n", "empty prompt on line 2."),
        ("text\nHello\n", "no column `prompt`"),
    ],
)
def test_mistakes_in_a_file_name_the_line(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(content)
    with pytest.raises(PrerequisiteError) as error:
        everyday(judge="lexical", prompts=str(path))
    assert said in sentence(error)


# What the log holds


def test_every_monitor_scores_every_transcript(run: Run) -> None:
    log = run(task={"n_items": 30}, epochs=2)
    found = metrics(log)
    assert list(found) == list(MONITORS)
    for of_monitor in found.values():
        assert of_monitor["thinking_raw"] + of_monitor["unscored"] <= 60
        assert of_monitor["flagged_rate_low"] < of_monitor["flagged_rate_high"]
    truth = truth_of(log)
    assert truth["eval_awareness/flagged_rate"] > 0.05
    assert {key.split("/")[0] for key in truth} == set(MONITORS)


def test_planted_values_are_told_of_the_monitors_and_kinds_that_ran(run: Run) -> None:
    log = run(task={"n_items": 4, "kinds": "role_play", "monitors": "deception"})
    truth = truth_of(log)
    assert {key.split("/")[0] for key in truth} == {"deception"}
    assert truth["deception/role_play_share"] == pytest.approx(0.9)


def test_in_two_stages_the_judge_reads_less(run: Run) -> None:
    task = {"monitors": "deception", "n_items": 60, "first_stage": "lexical", "audit": 0.2}
    log = run("organism/early", task)
    [found] = metrics(log).values()
    assert found["read"] + found["unread"] + found["unscored"] == 60
    assert found["unread"] > 30
    assert 0 < found["audited"] < 30
    # The first stage reads all that can be read, the judge the rest.
    assert found["judge_calls"] == (60 - found["unscored"]) + found["read"]


def test_without_thinking_nothing_is_scored(run: Run) -> None:
    log = run(model(lambda _: output("A river.")), {"monitors": "distress", "n_items": 3})
    [found] = metrics(log).values()
    assert found["unscored"] == found["thinking_none"] == 3
    assert "flagged_rate" not in found


def test_the_frame_reads_it(run: Run, tmp_path: Path) -> None:
    run(task={"n_items": 10})
    frame = logs.read(tmp_path / "logs")
    assert len(frame) == 50
    assert set(frame["scorer"]) == set(MONITORS)
    assert frame["kind"].notna().all()
