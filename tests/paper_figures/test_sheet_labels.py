"""`saydo sheet --read`: what two people filled in, whatever their spreadsheets made of it."""

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.estimators import agreement, rate
from paper_figures import spreadsheets
from paper_figures.cli import main
from paper_figures.sheet_labels import LABELS, SHEETS, read_back
from paper_figures.spreadsheets import BadSheet

IDS = [f"{c}bcdfghj" for c in "bcdfghjk"]
F, N = "faking", "not_faking"

FIRST = [F, F, F, N, N, N, "", ""]
SECOND = [F, F, N, N, N, F, N, ""]
"""Four alike, two not, one labelled by one alone, one by neither."""


def sheet(folder: Path, rubric: str = "alignment_faking") -> Path:
    """A folder as `saydo sheet` writes it, not filled in."""
    folder.mkdir(exist_ok=True)
    texts = {"thinking": "Hm", "answer": "-1", "request": "What?"}
    rows = [
        {"id": name, "rubric": rubric, "item": f"x{name[:1]}", **texts, "simulated": True}
        for name in IDS
    ]
    (folder / "transcripts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    for name in SHEETS:
        fill(folder / name, [""] * len(IDS))
    return folder


def fill(
    path: Path, labels: Sequence[str], order: Sequence[int] = range(len(IDS)), **also: str
) -> None:
    rows = [
        {
            "id": IDS[i],
            "thinking": "Hm",
            "answer": "'-1",
            "label": labels[i],
            "note": "",
            **also,
        }
        for i in order
    ]
    spreadsheets.write(rows, path)


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    folder = sheet(tmp_path / "s")
    for name, labels in zip(SHEETS, (FIRST, SECOND), strict=True):
        fill(folder / name, labels)
    return folder


def saydo(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def decided(folder: Path) -> dict[str, str]:
    lines = (folder / "labels.jsonl").read_text().splitlines()
    return {row["id"]: row["label"] for row in map(json.loads, lines)}


def csv_rows(path: Path) -> list[dict[str, str]]:
    return [row for _, row in spreadsheets.read(path, ("id", "label"))]


# ---------------------------------------------------------------------------------- compared


def test_what_both_agree_on_is_written_and_the_rest_counted(filled: Path) -> None:
    found = read_back(filled, filled / "labels.jsonl")
    assert decided(filled) == {IDS[0]: F, IDS[1]: F, IDS[3]: N, IDS[4]: N}
    counts = (found.n, found.n_alike, found.n_unlike, found.n_adjudicated)
    assert (*counts, found.n_one_empty, found.n_both_empty) == (8, 4, 2, 0, 1, 1)
    both = [pair for pair in zip(FIRST, SECOND, strict=True) if all(pair)]
    assert found.agreement == agreement(both, F)
    # κ by hand: 4 of 6 alike; by chance each says faking half the time.
    assert found.agreement.kappa.value == pytest.approx((4 / 6 - 1 / 2) / (1 / 2))
    assert found.prevalence == rate([1.0, 1.0, float("nan"), 0.0, 0.0] + [float("nan")] * 3)
    bounds = found.bounds
    assert (bounds.low, bounds.high, bounds.n_missing) == (2 / 8, 6 / 8, 4)


def test_labels_tell_text_and_item(filled: Path, tmp_path: Path) -> None:
    """As the verdicts of `saydo label` do, so that labels of other texts are found out."""
    read_back(filled, filled / "labels.jsonl")
    rows = [json.loads(line) for line in (filled / "labels.jsonl").read_text().splitlines()]
    verdicts, options = tmp_path / "v.jsonl", ("--rubric", "alignment_faking", "--judge", "lexical")
    assert saydo("label", filled / "transcripts.jsonl", verdicts, *options).exit_code == 0
    hashes = {
        row["id"]: row["transcript_hash"]
        for row in map(json.loads, verdicts.read_text().splitlines())
    }
    assert {row["transcript_hash"] for row in rows} == {hashes[IDS[0]]}
    assert [row["item"] for row in rows] == [f"x{row['id'][:1]}" for row in rows]
    source = filled / "transcripts.jsonl"  # of a sheet made before there were items
    source.write_text(re.sub(r'"item": "\w+", ', "", source.read_text()))
    read_back(filled, filled / "labels.jsonl")
    assert "item" not in (filled / "labels.jsonl").read_text()


def test_what_is_printed(filled: Path) -> None:
    shown = saydo("sheet", filled, "--read", "--out", filled / "out" / "mine.jsonl")
    assert shown.exit_code == 0, shown.output
    for said in (
        "0.67 [",
        "0.33 [",
        "8 rows: 4 labelled alike, 2 not, 1 by one alone, 1 by neither; 0 of these adjudicated.",
        "Prevalence of faking among 4 decided: 0.500 [0.150, 0.850]; with the 4 left out either way: 0.250 to 0.750.",
        "disagreements.csv, and save it as adjudicated.csv",
        "2 on which the two differ are undecided, and not among the labels: decide these before you calibrate: what is left is "
        "the easy part.",
    ):
        assert said in shown.stdout
    for heading in ("Raw agreement", "Cohen's κ", "Krippendorff's α", "Prevalence"):
        assert heading in shown.stdout
    assert len((filled / "out" / "mine.jsonl").read_text().splitlines()) == 4
    assert not (filled / "labels.jsonl").exists()


def test_a_third_person_decides(filled: Path) -> None:
    read_back(filled, filled / "labels.jsonl")
    rows = csv_rows(filled / "disagreements.csv")
    assert [(row["id"], row["label_1"], row["label_2"], row["label"]) for row in rows] == [
        (IDS[2], F, N, ""),
        (IDS[5], N, F, ""),
    ]
    assert rows[0]["thinking"] == "Hm"
    assert rows[0]["answer"] == "'-1"
    third = [{"id": IDS[2], "label": F}, {"id": IDS[6], "label": "Not-Faking"}]
    spreadsheets.write(third, filled / "adjudicated.csv")
    found = read_back(filled, filled / "labels.jsonl")
    assert decided(filled) == {
        IDS[i]: label for i, label in {0: F, 1: F, 2: F, 3: N, 4: N, 6: N}.items()
    }
    assert (found.n_alike, found.n_unlike, found.n_adjudicated) == (4, 2, 2)
    assert found.n_undecided == 1
    assert found.bounds.n_missing == 2
    before = agreement([pair for pair in zip(FIRST, SECOND, strict=True) if all(pair)], F)
    assert found.agreement == before, "adjudication makes nobody agree"
    assert [row["id"] for row in csv_rows(filled / "disagreements.csv")] == [IDS[5]]
    spreadsheets.write([{"id": IDS[i], "label": N} for i in (2, 5)], filled / "adjudicated.csv")
    assert "easy part" not in saydo("sheet", filled, "--read").stdout
    assert not (filled / "disagreements.csv").exists()


def test_nothing_that_was_filled_in_is_overwritten(filled: Path) -> None:
    read_back(filled, filled / "labels.jsonl")
    rows = csv_rows(filled / "disagreements.csv")
    rows[0]["label"] = F
    spreadsheets.write(rows, filled / "disagreements.csv")
    before = (filled / "disagreements.csv").read_bytes()
    with pytest.raises(
        BadSheet, match=r"disagreements\.csv has labels filled in: save it as adjudicated\.csv"
    ):
        read_back(filled, filled / "labels.jsonl")
    assert (filled / "disagreements.csv").read_bytes() == before


def test_three_labels_of_compliance_are_compared_as_they_are(tmp_path: Path) -> None:
    folder = sheet(tmp_path / "s", "compliance")
    first = [
        "complied",
        "partial",
        "partial",
        "refused",
        "refused",
        "complied",
        "complied",
        "partial",
    ]
    second = [
        "Complied",
        "PARTIAL",
        "refused",
        "refused",
        "refused",
        "complied",
        "complied",
        "partial",
    ]
    for name, labels in zip(SHEETS, (first, second), strict=True):
        fill(folder / name, labels)
    found = read_back(folder, folder / "labels.jsonl")
    assert LABELS["compliance"][0] == found.positive == "complied"
    assert found.agreement.raw.value == pytest.approx(7 / 8)
    assert found.prevalence.value == pytest.approx(3 / 7)
    assert set(decided(folder).values()) == {"complied", "partial", "refused"}


# ---------------------------------------------------------------------------------- spreadsheets


def rewritten(path: Path, change: Callable[[str], str], encoding: str = "utf-8-sig") -> None:
    path.write_bytes(change(path.read_text("utf-8-sig")).encode(encoding))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: fill(path, SECOND, order=[7, 3, 1, 0, 2, 6, 5, 4]),
        lambda path: rewritten(path, lambda text: text.replace(",", ";")),
        lambda path: rewritten(path, lambda text: text.replace(",", "\t"), "utf-16"),
        lambda path: rewritten(path, lambda text: text.replace('"', "").replace("\r\n", "\n"), "cp1252"),
        lambda path: rewritten(path, lambda text: text + ",,,,\r\n" * 5),
        lambda path: rewritten(path, lambda text: text.replace('"id"', '"ID"').replace('"label"', '" Label"')),
        lambda path: fill(path, [label.upper().replace("_", " ") + " " for label in SECOND]),
        lambda path: fill(path, [f'"{label}"' if label else "" for label in SECOND]),
        lambda path: fill(path, SECOND, mine="more"),
        lambda path: rewritten(path, lambda text: re.sub(r'"(\w{8})"', lambda m: f'"{m[1].upper()} "', text)),
    ],
)  # fmt: skip
def test_what_spreadsheets_do_to_a_sheet_changes_nothing(
    spoil: Callable[[Path], None], filled: Path
) -> None:
    expected = read_back(filled, filled / "labels.jsonl")
    before = decided(filled)
    spoil(filled / "sheet_2.csv")
    assert read_back(filled, filled / "labels.jsonl") == expected
    assert decided(filled) == before


@pytest.mark.parametrize(
    ("labels", "change", "sentence"),
    [
        (["yes", *FIRST[1:]], "", r"sheet_1\.csv, row 2: the label 'yes' is none of faking, not_faking\."),
        (FIRST, IDS[3], r"sheet_1\.csv, row 5: id 'zzz' is not of this sheet\."),
        (FIRST, f'"{IDS[4]}"', r"sheet_1\.csv, row 6: id 'zzz' is not of this sheet\."),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_is_named(
    labels: list[str], change: str, sentence: str, filled: Path
) -> None:
    fill(filled / "sheet_1.csv", labels)
    if change:
        rewritten(
            filled / "sheet_1.csv", lambda text: text.replace(f'"{change.strip(chr(34))}"', '"zzz"')
        )
    with pytest.raises(BadSheet, match=sentence):
        read_back(filled, filled / "labels.jsonl")
    assert not (filled / "labels.jsonl").exists()
    assert not (filled / "disagreements.csv").exists()


@pytest.mark.parametrize(
    ("order", "sentence"),
    [
        ([0, 1, 2, 3, 4, 5, 6], rf"sheet_2\.csv has no row with id {IDS[7]} \(1 missing in all\)"),
        (
            [0, 1, 2, 3, 4, 5, 6, 7, 2],
            rf"sheet_2\.csv, row 10: id {IDS[2]} stands in row 4 already",
        ),
    ],
)
def test_rows_that_are_missing_or_twice_are_named(
    order: list[int], sentence: str, filled: Path
) -> None:
    fill(filled / "sheet_2.csv", SECOND, order=order)
    with pytest.raises(BadSheet, match=sentence):
        read_back(filled, filled / "labels.jsonl")


def test_a_row_without_its_id_is_named(filled: Path) -> None:
    rewritten(filled / "sheet_2.csv", lambda text: text.replace(f'"{IDS[0]}"', '""', 1))
    with pytest.raises(BadSheet, match=r"sheet_2\.csv, row 2: there is no id"):
        read_back(filled, filled / "labels.jsonl")


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([{"id": IDS[0], "label": N}], rf"adjudicated\.csv, row 2: both labelled id {IDS[0]} faking"),
        ([{"id": "zzz", "label": N}], r"adjudicated\.csv, row 2: id 'zzz' is not of this sheet"),
        ([{"id": IDS[2], "label": "?"}], r"adjudicated\.csv, row 2: the label '\?' is none of"),
        ([{"id": IDS[2], "label": N}] * 2, r"adjudicated\.csv, row 3: id .* stands in row 2 already"),
    ],
)  # fmt: skip
def test_decisions_that_cannot_be_are_named(
    rows: list[dict[str, str]], sentence: str, filled: Path
) -> None:
    spreadsheets.write(rows, filled / "adjudicated.csv")
    with pytest.raises(BadSheet, match=sentence):
        read_back(filled, filled / "labels.jsonl")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda folder: (folder / "sheet_2.csv").unlink(), "sheet_2.csv: No such file"),
        (lambda folder: (folder / "transcripts.jsonl").unlink(), "transcripts.jsonl: No such file"),
        (lambda folder: (folder / "sheet_1.csv").write_bytes(b"PK\x03\x04"), "has no columns id and label: save the sheet as CSV"),
        (lambda folder: (folder / "transcripts.jsonl").write_text('{"id": "a"}\n'), "transcripts.jsonl, line 1: no row of a sheet"),
        (lambda folder: (folder / "transcripts.jsonl").write_text('{"text": "a"}\n'), "transcripts.jsonl, line 1: no row of a sheet"),
        (lambda folder: (folder / "transcripts.jsonl").write_text(""), "transcripts.jsonl is empty"),
        (lambda folder: fill(folder / "sheet_1.csv", [""] * 8), "there is no row to which both sheets give the same label"),
    ],
)  # fmt: skip
def test_a_folder_that_cannot_be_read_is_one_sentence(
    spoil: Callable[[Path], object], words: str, filled: Path
) -> None:
    spoil(filled)
    shown = saydo("sheet", filled, "--read")
    assert shown.exit_code == 1
    assert isinstance(shown.exception, SystemExit)
    assert words in shown.stderr
    assert len(shown.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("name", ["sheet_1.csv", "transcripts.jsonl", "key.csv", "adjudicated.csv"])
def test_labels_are_not_written_over_a_part_of_the_sheet(name: str, filled: Path) -> None:
    with pytest.raises(BadSheet, match="is a part of the sheet: give the labels another name"):
        read_back(filled, filled / name)


def test_whatever_people_fill_in_is_read_or_refused_in_one_sentence(
    filled: Path, record_property: Callable[[str, object], None]
) -> None:
    n_read, n_refused = 0, 0
    said = st.sampled_from([F, N, "", "Faking ", "“NOT-faking”"])
    slip = st.none() | st.tuples(st.integers(0, 7), st.text(max_size=8))

    @settings(max_examples=150)
    @given(
        st.lists(said, min_size=8, max_size=8),
        slip,
        st.permutations(range(8)),
        st.sampled_from([8, 8, 8, 7]),
    )
    def fuzz(
        labels: list[str], slip: tuple[int, str] | None, order: list[int], n_rows: int
    ) -> None:
        nonlocal n_read, n_refused
        if slip:
            labels[slip[0]] = slip[1]
        fill(filled / "sheet_1.csv", labels, order=order[:n_rows])
        try:
            read_back(filled, filled / "labels.jsonl")
        except BadSheet:
            n_refused += 1
            return
        n_read += 1
        assert set(decided(filled).values()) <= set(LABELS["alignment_faking"])

    fuzz()
    record_property(
        "filled sheets fuzzed",
        f"{n_read} read, {n_refused} refused in one sentence, no other exception",
    )
