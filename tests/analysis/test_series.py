"""`analysis.series`: files, and the names that logs have."""

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import series
from analysis.series import BadSeries, Series

ODD = ['x/m (stop_seqs=["a)"])', "x/m (stop_seqs=[])", "y/m", "y/n (preview) (effort=low)"]
"""Snapshots with parentheses in their settings and names, and one short name of two providers."""

FOUND = ["a/early", "a/final", "b/final", "a/late (effort=high)", "a/late (effort=low)"]


def written(folder: Path, text: str) -> Path:
    path = folder / "series.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_gives_labels_names_and_reference_in_its_order(tmp_path: Path) -> None:
    text = "reference: Release\nsnapshots:\n  - early\n  - Release: a/final\n"
    found = series.load(written(tmp_path, text))
    assert found == Series((("early", "early"), ("Release", "a/final")), "Release")


def test_a_sweep_file_is_a_series_file_too() -> None:
    example = Path(__file__).resolve().parents[2] / "examples" / "sweep.yaml"
    found = series.load(example)
    assert [label for label, _ in found.snapshots] == ["organism/early", "preview", "release"]
    assert found.reference == "release"


@pytest.mark.parametrize("said", ["a/final", "Release"])
def test_a_reference_is_a_label_or_a_name(said: str, tmp_path: Path) -> None:
    text = f"reference: {said}\nsnapshots: [Release: a/final]\n"
    assert series.load(written(tmp_path, text)).reference == "Release"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", r"give `snapshots:` with a list of names"),
        ("- a\n", r"give `snapshots:` with a list of names"),
        ("snapshots: a\n", r"give `snapshots:` with a list of names"),
        ("snapshots: []\n", r"`snapshots:` is empty"),
        ("snapshots: [a]\norder: [a]\n", r"unknown key 'order': use reference and snapshots"),
        ("snapshots: [a, 3.5]\n", r"snapshot 2 must be a name .* not 3\.5: put quotation marks"),
        ("snapshots: [{A: a, B: b}]\n", r"snapshot 1 must be a name"),
        ("snapshots: [A: [a]]\n", r"snapshot 1 must be a name"),
        ("snapshots: [a, b, a]\n", r"'a' stands there twice: leave one out"),
        ("snapshots: [A: a, B: a]\n", r"'a' has the labels 'A' and 'B': leave one out"),
        ("snapshots: [A: a, A: b]\n", r"the label 'A' is given to 'a' and 'b': rename one"),
        ("snapshots: [a, b]\nreference: c\n", r"reference 'c' is not in the list: use one of a, b"),
        ("snapshots: [a]\nreference: [a]\n", r"reference \['a'\] is not in the list"),
        ("snapshots: [a\n", r"line 2: not valid YAML"),
    ],
)
def test_a_mistake_is_one_sentence_with_the_file(text: str, sentence: str, tmp_path: Path) -> None:
    path = written(tmp_path, text)
    with pytest.raises(BadSeries, match=sentence) as raised:
        series.load(path)
    assert str(raised.value).startswith(str(path))
    assert "\n" not in str(raised.value)


def test_a_file_that_is_no_text_says_so(tmp_path: Path) -> None:
    path = tmp_path / "series.yaml"
    path.write_bytes(b"\xff\xfe\x00snapshots")
    with pytest.raises(BadSeries, match="not valid YAML"):
        series.load(path)


def test_snapshots_are_discovered_in_the_order_of_their_rows() -> None:
    frame = pd.DataFrame({"snapshot": ["b", "a", None, "b", "c"]})
    assert series.discover(frame, "a") == Series.of(["b", "a", "c"], "a")


@pytest.mark.parametrize(
    ("said", "labels"),
    [
        (Series.of(["b/final", "early"]), {"b/final": "b/final", "a/early": "a/early"}),
        (Series((("R", "b/final"), ("E", "early"))), {"b/final": "R", "a/early": "E"}),
        (
            Series((("L", "late"),)),
            {
                "a/late (effort=high)": "L (effort=high)",
                "a/late (effort=low)": "L (effort=low)",
            },
        ),
        (Series((("Low", "late (effort=low)"),)), {"a/late (effort=low)": "Low"}),
        (Series.of(["final"]), {"a/final": "a/final", "b/final": "b/final"}),
    ],
)
def test_names_are_found_with_and_without_provider_and_settings(
    said: Series, labels: dict[str, str]
) -> None:
    placed = series.place(said, FOUND)
    rest = {name: name for name in FOUND if name not in labels}
    assert list(placed.labels.items()) == [*labels.items(), *rest.items()]
    assert placed.problems == ()


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("x/m", {ODD[0]: 'L (stop_seqs=["a)"])', ODD[1]: "L (stop_seqs=[])"}),
        (ODD[0], {ODD[0]: "L"}),
        ("n (preview)", {ODD[3]: "L (effort=low)"}),
    ],
)
def test_settings_may_hold_any_characters(name: str, labels: dict[str, str]) -> None:
    placed = series.place(Series((("L", name),), "L"), ODD)
    assert placed.problems == ()
    assert {name: label for name, label in placed.labels.items() if name != label} == labels
    assert placed.reference == tuple(labels.values())


@pytest.mark.parametrize("several", [ODD, ["x/m", "y/m (effort=low)"], ["x/m", "y/m"]])
def test_a_name_of_two_providers_is_neither_merged_nor_a_reference(several: list[str]) -> None:
    placed = series.place(Series((("L", "m"),)), several)
    assert [*placed.labels.items()] == [(name, name) for name in several]
    meant = [name for name in several if "/m" in name]
    problem = f"m can be {', '.join(meant)}: give it with its provider"
    assert placed.problems == (("series", problem),)
    placed = series.place(Series.of(several, "m"), several)
    assert placed.reference == ()
    assert placed.problems == (("series", f"the reference {problem}"),)


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        (Series.of(["unheard-of"]), "no log has the snapshot unheard-of"),
        (Series.of(["early", "a/early"]), "a/early is named before under another name"),
        (Series((("F", "final"),)), "final can be a/final, b/final: give it with its provider"),
        (Series((("a/final", "early"),)), "the label a/final is a snapshot's own name"),
        (Series.of(["early"], "unheard-of"), "no log has the reference unheard-of"),
    ],
)
def test_what_the_logs_do_not_have_is_a_problem_and_merges_nothing(
    said: Series, problem: str
) -> None:
    placed = series.place(said, FOUND)
    ((where, found),) = placed.problems
    assert (where, found.startswith(problem)) == ("series", True)
    assert sorted(placed.labels) == sorted(FOUND)
    assert len(set(placed.labels.values())) == len(FOUND)


@pytest.mark.parametrize("reference", ["R", "a/early", "early"])
def test_a_reference_is_found_by_label_or_name(reference: str) -> None:
    assert series.place(Series((("R", "early"),), reference), FOUND).reference == ("R",)


names = st.text("ab/() =", min_size=1, max_size=4)


@given(st.lists(st.tuples(names, names), max_size=4), st.lists(names, unique=True, max_size=5))
def test_every_snapshot_has_one_label_of_its_own(
    entries: list[tuple[str, str]], found: list[str]
) -> None:
    labels = series.place(Series(tuple(entries)), found).labels
    assert sorted(labels) == sorted(found)
    assert len(set(labels.values())) == len(found)
