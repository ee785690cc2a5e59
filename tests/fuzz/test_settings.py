"""Series and sweep files, and calibrations: as they stand, or one sentence about the file."""

import json
from dataclasses import asdict
from math import isfinite
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import strategies as st

from analysis import series, validation
from analysis.estimators import Estimate
from paper_figures import sweep
from tests.fuzz import strategies
from tests.fuzz.trying import (
    OURS,
    assert_a_sentence,
    bytes_of,
    cases,
    depths,
    fuzzed,
    in_time,
)

SWEEP = {
    "log_dir": "logs",
    "snapshots": ["organism/early", {"latest": "organism/final"}],
    "reference": "latest",
    "modes": {"standard": {}, "extended": {"reasoning_effort": "high"}},
    "tasks": [{"task": "alignment_faking", "n_items": 4, "modes": ["standard"]}, "cot_faithfulness"],
    "judge": "lexical",
    "epochs": 2,
    "limits": {"max_connections": 4, "fail_on_error": 0.5},
}  # fmt: skip

_SIGNS = (
    *(
        "a: ",
        "- ",
        "? ",
        ": ",
        "&a ",
        "*a",
        "!!python/object:os.system ",
        "!!int ",
        "!!float ",
        "!!timestamp ",
    ),
    *(
        "!!binary ",
        "!!set ",
        "<<: ",
        "|\n",
        ">\n",
        "[",
        "]",
        "{",
        "}",
        ",",
        '"',
        "'",
        "#",
        "%YAML 1.1\n",
        "---\n",
    ),
    *(
        "...\n",
        "\n",
        "\n  ",
        "\t",
        "~",
        "yes",
        "1:2",
        "0o9",
        "2024-13-45",
        "1e999",
        ".nan",
        "\x00",
        "\ufeff",
        "\x85",
    ),
    *(
        '"\\ud800"',
        '"\\x1b[31m"',
        "snapshots:\n",
        "snapshots: [a, b]\n",
        "reference: ",
        "log_dir: x\n",
        "tasks: [a]\n",
    ),
)
yamls = st.lists(st.sampled_from(_SIGNS) | st.text(max_size=8), max_size=14).map("".join)


def check_yaml(path: Path) -> str:
    """What the two readers say; an empty text where both read it."""
    said = ""
    for load in (series.load, sweep.load):
        try:
            repr(load(path)).encode()
        except OURS as error:
            assert_a_sentence(error, str(path))
            said += str(error)
    return said


@depths(80, 3_000)
def test_any_text_as_yaml(n: int, tmp_path: Path, record_property: Any) -> None:
    path = tmp_path / "in.yaml"

    def try_one(text: str) -> None:
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        check_yaml(path)

    record_property("fuzz, series and sweep, texts", fuzzed(try_one, yamls, n))


@depths(80, 3_000)
def test_a_sweep_with_values_altered(n: int, tmp_path: Path, record_property: Any) -> None:
    """Some that can be read are planned: nothing is run."""
    path = tmp_path / "in.yaml"
    path.write_text(json.dumps(SWEEP), encoding="utf-8")  # JSON is YAML
    assert len(sweep.runs(sweep.load(path))) == 6  # and what this imports takes its time but once

    def try_one(found: Any) -> None:
        path.write_text(json.dumps(found), encoding="utf-8")
        check_yaml(path)
        try:
            sweep.runs(sweep.load(path))
        except OURS as error:
            assert_a_sentence(error)

    said = fuzzed(try_one, strategies.altered(SWEEP), n)
    record_property("fuzz, series and sweep, values altered", said)


@depths(50, 1_500)
def test_a_sweep_with_bytes_changed(n: int, tmp_path: Path, record_property: Any) -> None:
    path = tmp_path / "in.yaml"

    def try_one(content: bytes) -> None:
        path.write_bytes(content)
        check_yaml(path)

    contents = strategies.mangled(yaml.safe_dump(SWEEP).encode())
    record_property("fuzz, series and sweep, bytes changed", fuzzed(try_one, contents, n))


@pytest.mark.parametrize("row", cases("series"))
def test_the_corpus(row: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "in.yaml"
    path.write_bytes(bytes_of(row))
    with in_time():
        said = check_yaml(path)
    assert row["says"] in said


# ---------------------------------------------------------------------------------- calibrations


def calibration(tmp_path: Path) -> dict[str, Any]:
    of = Estimate(0.9, 0.8, 0.95, None, 40, 40, "Wilson", ())
    made = validation.Calibration(
        *(of,) * 5, n=40, n_unscored=1, n_unlabelled=0, rubric="compliance", rubric_hash="0" * 12,
        judge="lexical", simulated=False, hint="", roc=((0.0, 0.0, 1.1), (0.1, 0.9, 0.5), (1.0, 1.0, 0.0)),
    )  # fmt: skip
    validation.save(made, tmp_path / "whole.json")
    whole: dict[str, Any] = json.loads((tmp_path / "whole.json").read_text())
    return whole


def check_calibration(path: Path) -> None:
    """Shares are shares in order, counts are counts, and names are text."""
    try:
        found = validation.load(path)
    except OURS as error:
        assert_a_sentence(error, str(path))
        return
    for name, estimate in found.estimates.items():
        least = -1 if name in ("kappa", "alpha") else 0
        known = [x for x in (estimate.low, estimate.value, estimate.high) if x is not None]
        assert all(type(x) in (int, float) and isfinite(x) for x in known), asdict(found)
        assert known == sorted(known)
        assert estimate.value is None or least <= estimate.value <= 1
    assert all(type(n) is int and n >= 0 for n in (found.n, found.n_unscored, found.n_unlabelled))
    for text in (found.judge, found.rubric, found.rubric_hash, found.hint):
        assert isinstance(text, str)
        text.encode()
    validation.check_distinct([found])


@depths(100, 3_000)
def test_a_calibration_with_values_altered(n: int, tmp_path: Path, record_property: Any) -> None:
    path = tmp_path / "in.json"

    def try_one(found: Any) -> None:
        path.write_text(json.dumps(found), encoding="utf-8")
        check_calibration(path)

    said = fuzzed(try_one, strategies.altered(calibration(tmp_path)), n)
    record_property("fuzz, calibration, values altered", said)


@depths(50, 1_500)
def test_a_calibration_with_bytes_changed(n: int, tmp_path: Path, record_property: Any) -> None:
    path = tmp_path / "in.json"

    def try_one(content: bytes) -> None:
        path.write_bytes(content)
        check_calibration(path)

    whole = json.dumps(calibration(tmp_path)).encode()
    said = fuzzed(try_one, strategies.mangled(whole), n)
    record_property("fuzz, calibration, bytes changed", said)
