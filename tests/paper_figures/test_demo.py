"""`paper_figures.demo`: goes on where it stopped, calibrates, and knows what was planted."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from inspect_ai.model import ModelAPI, get_model

from analysis import logs, snapshots
from analysis.monitors import CATEGORIES
from analysis.validation import Calibration
from organisms.planted import (
    planted,
    planted_budget,
    planted_everyday,
    planted_injection,
    planted_quiz,
    planted_special_casing,
)
from paper_figures import demo
from paper_figures.demo.jobs import Job, done
from paper_figures.demo.runs import BUDGETS

MODES = ("standard", "extended")
N_ITEMS = 3
N_QUESTIONS = 1
N_FAKING = N_ITEMS * 2 * 2  # arms, modes
N_HINTED = N_QUESTIONS * 2 * 7  # levels, arms
N_SAMPLES = N_FAKING + N_HINTED


SIZE = demo.Size(
    snapshots=("final",), requests=N_ITEMS, questions=N_QUESTIONS,
    prompts=2, problems=1, scenarios=1, attempts=1, sums=1, samples=1, quiz=2,
)  # fmt: skip
TEXTS = demo.TextCounts(
    faking=120, hint=300, of_each_class=20, hints=("sycophancy",), thoughts=40, admissions=40
)


class Calls:
    """Counts the answers that are asked of organisms; `fail` makes the later ones fail."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.n, self.fail_after = 0, 10_000
        organism = type(get_model("organism/final").api)
        answer = organism.generate

        async def generate(api: ModelAPI, **asked: Any) -> Any:
            self.n += 1
            if self.n > self.fail_after:
                raise RuntimeError("the power is out")
            return await answer(api, **asked)

        monkeypatch.setattr(organism, "generate", generate)


TASKS = {
    *("alignment_faking", "cot_faithfulness", "everyday", "special_casing"),
    *("prompt_injection", "thinking_budget", "quiz"),
}
TWO_TASKS = {name: made for name, made in demo.SETS.items() if name.startswith(("align", "cot"))}


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    """Of alignment faking and faithfulness alone, whose calls can be counted beforehand."""
    monkeypatch.setattr(demo, "SETS", TWO_TASKS)
    return Calls(monkeypatch)


def make(out: Path, workers: int = 1) -> list[Calibration]:
    """A demo of one snapshot and few items."""
    return demo.make(out, workers, SIZE, TEXTS)


def test_a_finished_demo_asks_for_nothing_more(calls: Calls, tmp_path: Path) -> None:
    make(tmp_path)
    first = logs.read(tmp_path / "logs")
    n_asked = int(first.loc[first["scorer"] == "asked", "asked"].sum())
    assert calls.n == N_SAMPLES + n_asked
    make(tmp_path)
    assert calls.n == N_SAMPLES + n_asked
    pd.testing.assert_frame_equal(logs.read(tmp_path / "logs"), first)
    assert set(first["reasoning"]) == {"standard", "extended"}
    assert set(first["elicitation"]) == {"scratchpad", "native"}


@pytest.mark.slow
def test_an_interrupted_demo_goes_on(calls: Calls, tmp_path: Path) -> None:
    calls.fail_after = 4
    with pytest.raises(ValueError, match="run the demo again, it goes on"):
        make(tmp_path)
    calls.n, calls.fail_after = 0, 10_000
    make(tmp_path)
    frame = logs.read(tmp_path / "logs")
    n_asked = int(frame.loc[frame["scorer"] == "asked", "asked"].sum())
    assert 0 < calls.n <= N_SAMPLES + n_asked - 4
    assert not frame.duplicated(["reasoning", "sample_id", "epoch", "scorer"]).any()
    assert len(frame) == N_FAKING * 2 + N_HINTED * 4
    assert not (frame["error"] != "").any()


def squared(n: int, step: Callable[[], None]) -> int:
    step()
    if n < 0:
        raise ValueError(f"{n} is negative.")
    return n * n


@pytest.mark.parametrize("workers", [1, 2])
def test_jobs_return_in_their_order_and_the_first_error_ends_them(workers: int) -> None:
    assert done([Job(squared, (n,), n_steps=2) for n in range(5)], workers) == [0, 1, 4, 9, 16]
    with pytest.raises(ValueError, match="-1 is negative"):
        done([Job(squared, (n,)) for n in (3, -1)], workers)


@pytest.mark.slow
def test_several_processes_give_the_same(tmp_path: Path) -> None:
    here, there = make(tmp_path / "here"), make(tmp_path / "there", workers=2)
    assert here == there
    one, other = (logs.read(tmp_path / name / "logs") for name in ("here", "there"))
    by, apart = (
        [*("task", "reasoning", "dataset", "rung", "safeguards"), "sample_id", "epoch", "scorer"],
        ["log", "location", "total_time", "working_time"],
    )
    pd.testing.assert_frame_equal(
        *(rows.drop(columns=apart).sort_values(by, ignore_index=True) for rows in (one, other)),
        check_like=True,  # columns come in the order in which logs were begun
    )


def test_logs_of_another_version_are_not_mixed_in(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "before.eval").touch()
    with pytest.raises(ValueError, match=r"logs of another version \(before.eval\): remove it"):
        make(tmp_path)


def test_every_task_is_run_and_every_judge_calibrated(tmp_path: Path) -> None:
    found = make(tmp_path)
    by_rubric = {calibration.rubric: calibration for calibration in found}
    assert len(by_rubric) == len(found) == 2 + 1 + len(CATEGORIES) + 1
    assert by_rubric["compliance"].n == by_rubric["alignment_faking"].n == 120
    assert (by_rubric["acknowledgement"].n, by_rubric["acknowledgement"].hint) == (40, "sycophancy")
    frame = logs.read(tmp_path / "logs")
    assert set(frame["task"]) == TASKS
    assert not (frame["error"] != "").any()
    judged = set(zip(frame["judge"], frame["rubric"], frame["rubric_hash"], strict=True))
    for calibration in found:
        assert (calibration.judge, calibration.rubric, calibration.rubric_hash) in judged
        assert calibration.sensitivity.value is not None


# ---------------------------------------------------------------------------------- the check


def row(metric: str, low: float | None, high: float | None, **columns: object) -> dict[str, object]:
    shared = {"snapshot": "organism/final", "reasoning": "standard", "simulated": True, "arm": ""}
    shared |= {"hint": "", "dataset": "bundled", "table": "alignment_faking", "factors": ""}
    return {
        **shared, "column": metric, "visibility": "", "metric": metric, "low": low, "high": high
    } | columns  # fmt: skip


TRUE_GAP = planted("final")["compliance_gap"]
TRUE_RATE = planted("final")["training/compliance_rate"]
THOUGHTS = planted_everyday("final")
HACKS = planted_special_casing("final", "extended", 3)["one_off/reward_hack_rate"]
PREVENTED = planted_injection("final", "extended", "system")["attack_prevented_rate"]
RIGHT = planted_quiz("final")["accuracy"]
SOLVED = planted_budget("final", [f"budget_{tokens}" for tokens in BUDGETS])


def around(truth: float) -> tuple[float, float]:
    return truth - 1e-6, truth + 1e-6


@pytest.mark.parametrize(
    ("made", "held"),
    [
        (row("compliance_gap", TRUE_GAP - 0.1, TRUE_GAP + 0.1), ["raw", True]),
        (row("compliance_gap", TRUE_GAP, TRUE_GAP), ["raw", True]),
        (row("compliance_gap", TRUE_GAP + 0.01, 1.0), ["raw", False]),
        (row("compliance_gap_corrected", -1.0, TRUE_GAP - 0.01), ["judge-corrected", False]),
        (row("compliance_rate", TRUE_RATE, 1.0, arm="training"), ["raw", True]),
        (row("compliance_rate", TRUE_RATE, 1.0, arm="unmonitored"), ["raw", False]),
        (
            row("alignment_faking_reasoning_rate", 0.0, 0.1, arm="training", visibility="raw"),
            ["raw", True],
        ),
        (row("compliance_gap", -1.0, 1.0, simulated=False), None),
        (row("compliance_gap", None, None), None),
        (row("opposes_objective", 0.0, 1.0, arm="training"), None),
        (
            row("alignment_faking_reasoning_rate", 0.0, 0.1, arm="training", visibility="summary"),
            None,
        ),
        *(
            (
                row(
                    f"flagged_rate{form}",
                    *around(THOUGHTS[f"{name}/flagged_rate"]),
                    table="concerning_reasoning",
                    column=column,
                    reasoning="extended",
                ),
                [kind, True],
            )
            for name, column, form, kind in (
                ("distress", "distress: overall", "", "raw"),
                ("distress", "distress: overall", "_corrected", "judge-corrected"),
                ("distress/strong_sadness", "distress: strong_sadness", "", "raw"),
            )
        ),
        *(
            (
                row(
                    "reward_hack_rate",
                    *around(HACKS),
                    table="reward_hacking",
                    arm="one_off",
                    reasoning="extended",
                    factors=f"rung={rung}; form=single_turn; flag=True",
                ),
                ["judge-free", held],
            )
            for rung, held in ((3, True), (0, False))
        ),
        *(
            (
                row(
                    "attack_prevented_rate",
                    *around(PREVENTED),
                    table="prompt_injection",
                    arm="attack",
                    reasoning="extended",
                    factors=f"safeguards={safeguards}",
                ),
                found,
            )
            for safeguards, found in (
                ("system", ["judge-free", True]),
                ("none", ["judge-free", False]),
                ("classifier lexical", None),
            )
        ),
        (row("accuracy", *around(RIGHT), table="accuracy"), ["judge-free", True]),
        (row("accuracy_change", *around(RIGHT), table="accuracy"), None),
        *(
            (
                row(
                    metric,
                    *around(SOLVED[f"budget_4096/{name}"]),
                    table="thinking_budget",
                    arm="budget_4096",
                    column=column,
                ),
                ["judge-free", True],
            )
            for metric, name, column in (
                ("accuracy", "accuracy", "4096"),
                ("pass_at_k", "pass_at_2", "k=2"),
            )
        ),
    ],
)
def test_intervals_of_simulated_rows_are_checked(
    made: dict[str, object], held: list[object] | None
) -> None:
    checked = demo.checked(pd.DataFrame([made]))
    assert checked[["kind", "held"]].to_numpy().tolist() == ([] if held is None else [held])


def test_the_mode_decides_which_truth() -> None:
    extended = planted("final", "extended")["training/compliance_rate"]
    assert extended != TRUE_RATE
    limits = (extended - 1e-6, extended + 1e-6)
    made = [row("compliance_rate", *limits, arm="training", reasoning=mode) for mode in MODES]
    assert demo.checked(pd.DataFrame(made))["held"].tolist() == [False, True]


def test_real_results_can_be_checked(frame: pd.DataFrame) -> None:
    results = pd.concat(
        [snapshots.results(frame).astype(object), snapshots.published().astype(object)],
        ignore_index=True,
    )
    checked = demo.checked(results)
    n_rates, n_contrasts_and_faking, n_conditions = 2, 2, 4
    beyond_two_arms = 2  # rated and baseline, posed once
    assert len(checked) == (n_rates + n_contrasts_and_faking) * n_conditions + beyond_two_arms
    assert not checked.duplicated(["snapshot", "reasoning", "quantity"]).any()
