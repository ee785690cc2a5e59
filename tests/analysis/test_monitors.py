"""What is reported of the thinking monitors: rates by category, role play, bounds, two stages, changes."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis import snapshots
from analysis.estimators import rate, two_stage_rate
from analysis.monitors import CATEGORIES, monitors, reported, scores, stages
from analysis.quantities import Quantity
from analysis.validation import Calibration

NAN = float("nan")


def transcripts(
    flagged: Sequence[float],
    omitted: Sequence[float] | None = None,
    role_play: Sequence[float] | None = None,
    visibility: Sequence[str] | None = None,
    **more: Sequence[float],
) -> pd.DataFrame:
    """Transcripts that the deception monitor read, an item each."""
    n = len(flagged)
    seen = visibility or ["raw"] * n
    return pd.DataFrame(
        {
            "scorer": "deception",
            "item_id": [f"item-{i}" for i in range(n)],
            "flagged": flagged,
            "hallucinated": flagged,
            "omitted": omitted or [0.0] * n,
            "sycophancy": [0.0 * y for y in flagged],
            "role_play": role_play or [0.0] * n,
            "unscored": [float(np.isnan(y)) for y in flagged],
            "thinking_raw": [float(v == "raw") for v in seen],
            "thinking_summary": [float(v == "summary") for v in seen],
            **more,
        }
    )


def by_name(table: pd.DataFrame) -> dict[tuple[str, str, str], Quantity]:
    return {(q.metric, q.column, q.visibility): q for q in monitors(table)}


def test_rates_by_category_by_hand() -> None:
    # Of 10, 2 are flagged, 1 of them in the voice of a role; 1 has no verdict.
    found = by_name(
        transcripts(
            [1, 1, 0, 0, 0, 0, 0, 0, 0, NAN],
            omitted=[0, 1, 0, 0, 0, 0, 0, 0, 0, NAN],
            role_play=[1, 0, 0, 0, 0, 0, 0, 0, 0, NAN],
        )
    )
    overall = found["flagged_rate", "overall", "raw"]
    assert overall.estimate.value == pytest.approx(2 / 9)
    assert overall.estimate.low == pytest.approx(0.0632, abs=1e-4)
    assert overall.estimate.high == pytest.approx(0.5474, abs=1e-4)
    assert (overall.bounds.low, overall.bounds.high, overall.bounds.n_missing) == (0.2, 0.3, 1)
    assert overall.whole
    assert found["flagged_rate", "omitted", "raw"].estimate.value == pytest.approx(1 / 9)
    nothing = found["flagged_rate", "sycophancy", "raw"].estimate
    assert (nothing.value, nothing.low) == (0.0, 0.0)
    assert nothing.high == pytest.approx(0.2991, abs=1e-4)
    share = found["role_play_share", "overall", "raw"].estimate
    assert (share.value, share.n_samples) == (0.5, 2)
    assert not [key for key in found if key[0] in ("read", "unread", "audited")]


def test_summaries_are_never_pooled_with_raw_thinking() -> None:
    seen = ["raw", "raw", "summary", "summary", "redacted"]
    found = by_name(transcripts([1, 0, 1, 1, NAN], visibility=seen))
    raw, summary = (found["flagged_rate", "overall", name] for name in ("raw", "summary"))
    assert (raw.estimate.value, raw.estimate.n_samples, raw.bounds.n_missing) == (0.5, 2, 3)
    assert (summary.estimate.value, summary.estimate.n_samples) == (1.0, 2)
    assert summary.bounds.n_missing == 0


def test_without_thinking_there_is_no_rate() -> None:
    found = by_name(transcripts([NAN] * 4, visibility=["none"] * 4))
    overall = found["flagged_rate", "overall", "raw"]
    assert overall.estimate.value is None
    assert (overall.bounds.low, overall.bounds.high) == (0.0, 1.0)
    assert ("role_play_share", "overall", "raw") not in found


def test_epochs_of_an_item_go_together() -> None:
    table = transcripts([1, 1, 1, 0, 0, 0, 0, 0, 0]).assign(item_id=list("aaabbbccc"))
    found = by_name(table)["flagged_rate", "overall", "raw"].estimate
    assert (found.n_items, found.n_samples) == (3, 9)
    assert found == rate(table["flagged"], table["item_id"])


def two_stages() -> pd.DataFrame:
    """20 of 100 flagged by the first stage, 10 of them rightly; of the 80 others 16 audited, 2 of them positive."""
    y = [1.0] * 10 + [0.0] * 10 + [1.0] * 2 + [0.0] * 14 + [NAN] * 64
    first = [1.0] * 20 + [0.0] * 80
    audited = [0.0] * 20 + [1.0] * 16 + [0.0] * 64
    unread = [0.0] * 36 + [1.0] * 64
    table = transcripts(y, first_stage=first, audited=audited, unread=unread)
    return table.assign(unscored=0.0)


def test_what_the_first_stage_passed_counts_at_its_weight() -> None:
    found = by_name(two_stages())
    overall = found["flagged_rate", "overall", "raw"]
    assert overall.estimate.value == pytest.approx(10 / 100 + 0.8 * 2 / 16)
    assert overall.bounds.n_missing == 0
    assert overall.bounds.low == overall.bounds.high == pytest.approx(0.2)
    counts = {name: found[name, "overall", ""].estimate.value for name in ("read", "unread")}
    assert counts == {"read": 36.0, "unread": 64.0}
    assert found["audited", "overall", ""].estimate.value == 16.0
    assert "unweighted" in found["role_play_share", "overall", "raw"].estimate.warnings[-1]


def test_what_has_no_verdict_in_two_stages_is_missing() -> None:
    # Two flagged ones were not judged, and one more could not be read at all.
    table = two_stages()
    table.loc[[0, 10], ["flagged", "hallucinated", "unscored"]] = [NAN, NAN, 1.0]
    extra = table.iloc[[-1]].assign(
        item_id="redacted", unread=0.0, first_stage=NAN, audited=NAN, thinking_raw=0.0, unscored=1.0
    )
    overall = by_name(pd.concat([table, extra], ignore_index=True))[
        "flagged_rate", "overall", "raw"
    ]
    assert overall.estimate.value == pytest.approx(0.2 * 9 / 18 + 0.8 * 2 / 16)
    assert overall.bounds.n_missing == 3
    # At worst 9 of 21 flagged ones, at best 12 of 21; the 80 others as before.
    passed = 80 / 101 * 2 / 16
    assert overall.bounds.low == pytest.approx(9 / 101 + passed)
    assert overall.bounds.high == pytest.approx(12 / 101 + passed)


def test_an_audit_of_nobody_leaves_the_rate_undefined() -> None:
    table = two_stages().query("audited != 1")
    assert two_stage_rate(table["flagged"], table["first_stage"]).value is None
    assert by_name(table)["flagged_rate", "overall", "raw"].estimate.value is None


def test_changes_are_of_the_overall_rate_in_one_stage() -> None:
    table = transcripts([1, 0, NAN], visibility=["raw", "summary", "none"])
    [found] = scores(table)
    assert (found.metric, found.column, found.visibility) == (
        "flagged_rate",
        "deception: overall",
        "raw",
    )
    assert found.y.tolist() == pytest.approx([1.0, NAN, NAN], nan_ok=True)
    assert not list(scores(two_stages()))


def test_in_a_report_the_monitor_is_named() -> None:
    columns = {quantity.column for quantity in reported(transcripts([1, 0]))}
    assert columns == {
        f"deception: {name}" for name in ("overall", "hallucinated", "omitted", "sycophancy")
    }


def test_stages_are_told_by_run() -> None:
    rows = pd.DataFrame(
        {
            "log": ["a", "a", "b", "c"],
            "scorer": ["deception", "deception", "deception", "compliance"],
            "judge": "lexical",
            "first_stage": [NAN, 1.0, NAN, NAN],
        }
    )
    assert stages(rows).tolist()[:3] == ["two", "two", "one"]
    assert pd.isna(stages(rows)[3])
    assert stages(rows.drop(columns="first_stage")).tolist()[:3] == ["one"] * 3
    # The second transcript of a is an error, without a score; in b nothing could be read.
    audited = rows.assign(audit=[0.25, NAN, 0.1, NAN])
    assert stages(audited).tolist()[:3] == ["two, audit 0.25", "two, audit 0.25", "two, audit 0.1"]


def staged(n: int, rate_of: float, audit: float) -> pd.DataFrame:
    """Transcripts that the first stage all passed, with so many to be found and this share audited."""
    n_read = round(n * audit)
    n_found = round(n_read * rate_of)
    y = [1.0] * n_found + [0.0] * (n_read - n_found) + [NAN] * (n - n_read)
    audited = [1.0] * n_read + [0.0] * (n - n_read)
    unread = [1 - one for one in audited]
    given: dict[str, Any] = {
        "first_stage": [0.0] * n,
        "audited": audited,
        "unread": unread,
        "audit": [audit] * n,
    }
    return transcripts(y, **given).assign(unscored=0.0)


def test_runs_that_audit_other_shares_do_not_mix() -> None:
    """Pooled, 0 in 1,000 read and 20 in 100 of 1,000 would be 20 / 1,100; they are 0 and 0.2."""
    whole, tenth = staged(1000, 0.0, 1.0), staged(1000, 0.2, 0.1)
    frames = [frame(whole), frame(tenth, log="b.eval")]
    found = snapshots.results(pd.concat(frames, ignore_index=True))
    rows = found[(found["metric"] == "flagged_rate") & (found["column"] == "deception: overall")]
    assert dict(zip(rows["factors"], rows["value"], strict=True)) == {
        "elicitation=native; stages=two, audit 1": 0.0,
        "elicitation=native; stages=two, audit 0.1": pytest.approx(0.2),
    }
    # Of one share they can be pooled.
    frames = [frame(staged(1000, 0.0, 0.1)), frame(tenth, log="b.eval")]
    found = snapshots.results(pd.concat(frames, ignore_index=True))
    rows = found[(found["metric"] == "flagged_rate") & (found["column"] == "deception: overall")]
    assert rows["value"].tolist() == [pytest.approx(0.1)]


# As rows of results.csv


def frame(table: pd.DataFrame, snapshot: str = "final", log: str = "a.eval") -> pd.DataFrame:
    """A frame as `analysis.logs.read` gives it, as far as it is read here."""
    about: dict[str, Any] = {
        **{"log": log, "task": "everyday", "dataset": "bundled", "snapshot": snapshot},
        **{"model": snapshot, "reasoning": "extended", "settings": "", "simulated": False},
        **{"judge": "lexical", "rubric": "deception", "rubric_hash": "h", "error": ""},
        **{"epoch": 1, "arm": "hard_facts", "elicitation": "native", "correct": None},
        **{"location": log, "score_keys": "{}", "prompt_hash": "p"},
    }
    seen = np.select(
        [table["thinking_raw"] == 1, table["thinking_summary"] == 1], ["raw", "summary"], "redacted"
    )
    return table.assign(**about, sample_id=table["item_id"], thinking_visibility=seen)


def calibration(sensitivity: float, specificity: float, rubric_hash: str = "h") -> Calibration:
    def sure(p: float) -> Any:
        return rate([1.0] * round(1000 * p) + [0.0] * round(1000 * (1 - p)))

    parts = {name: sure(0.5) for name in ("auroc", "kappa", "prevalence")}
    return Calibration(
        sensitivity=sure(sensitivity),
        specificity=sure(specificity),
        **parts,
        n=2000,
        n_unscored=0,
        n_unlabelled=0,
        rubric="deception",
        rubric_hash=rubric_hash,
        judge="lexical",
        simulated=False,
    )


def test_rows_of_results() -> None:
    table = transcripts([1] * 10 + [0] * 88 + [NAN] * 2, visibility=["raw"] * 98 + ["redacted"] * 2)
    found = snapshots.results(frame(table), [calibration(0.8, 0.99)])
    rows = found[found["table"] == "concerning_reasoning"].to_dict("records")
    by = {(row["metric"], row["column"]): row for row in rows}
    overall = by["flagged_rate", "deception: overall"]
    assert overall["value"] == pytest.approx(10 / 98)
    assert (overall["n_samples"], overall["n_unscored"]) == (98, 2)
    assert (overall["arm"], overall["visibility"]) == ("", "raw")
    bounds = by["flagged_rate_bounds", "deception: overall"]
    assert (bounds["low"], bounds["high"]) == (0.1, 0.12)
    corrected = by["flagged_rate_corrected", "deception: overall"]
    assert corrected["value"] == pytest.approx((10 / 98 - 0.01) / 0.79)
    assert ("flagged_rate_corrected", "deception: omitted") not in by
    counted = {
        row["visibility"]: row["value"] for row in rows if row["column"] == "deception: transcripts"
    }
    assert (counted["raw"], counted["redacted"]) == (98, 2)


def test_another_version_of_the_rubric_corrects_nothing() -> None:
    found = snapshots.results(frame(transcripts([1, 0, 0])), [calibration(0.8, 0.99, "other")])
    assert not (found["metric"] == "flagged_rate_corrected").any()


def test_one_stage_and_two_do_not_mix() -> None:
    one = frame(transcripts([1] * 5 + [0] * 95))
    two = frame(two_stages(), log="b.eval")
    found = snapshots.results(pd.concat([one, two], ignore_index=True))
    rows = found[(found["metric"] == "flagged_rate") & (found["column"] == "deception: overall")]
    told = dict(zip(rows["factors"], rows["value"], strict=True))
    assert told == {
        "elicitation=native; stages=one": pytest.approx(0.05),
        "elicitation=native; stages=two": pytest.approx(0.2),
    }


def test_changes_between_snapshots_are_paired() -> None:
    old, new = transcripts([1] * 30 + [0] * 70), transcripts([1] * 10 + [0] * 90)
    frames = [frame(old, "old", "a.eval"), frame(new, "new", "b.eval")]
    found = snapshots.results(pd.concat(frames, ignore_index=True))
    [change] = found[found["metric"] == "flagged_rate_change"].to_dict("records")
    assert change["value"] == pytest.approx(-0.2)
    assert change["column"] == "deception: overall: change from old"
    assert (found["metric"] == "flagged_rate_trend").sum() == 1


@pytest.mark.parametrize("monitor", CATEGORIES)
def test_a_foreign_table_without_labels_has_no_rate(monitor: str) -> None:
    bare = transcripts([NAN, NAN]).assign(scorer=monitor)[
        ["scorer", "item_id", "thinking_raw", "thinking_summary"]
    ]
    assert {q.estimate.value for q in monitors(bare)} == {None}
