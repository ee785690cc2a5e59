"""`saydo validate`: one judge or several against labels, printed and written."""

import json
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from analysis import validation
from paper_figures.cli import main
from paper_figures.formats import FORMATS

REAL = (
    Path(__file__).resolve().parents[2].parent
    / "shared" / "real" / "alignment_faking_labels" / "development.jsonl"
)  # fmt: skip

LABELS = ["p"] * 6 + ["n"] * 6
KINDS = ["plain"] * 6 + ["recites"] * 3 + ["value talk"] * 3
SAID: dict[str, list[bool | None]] = {
    "lexical": [True] * 4 + [False] * 2 + [False] * 5 + [True],
    "lab/model": [True] * 5 + [None] + [False] * 3 + [None, None, True],
}


def saydo(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def jsonl(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def judged(path: Path, judge: str, /, **columns: Any) -> Path:
    said = SAID[judge]
    rows = [
        {
            "id": f"t{i}",
            "verdict": verdict,
            "score": None if verdict is None else 0.8 - 0.01 * i if verdict else 0.3 - 0.01 * i,
            "judge": judge,
            "rubric": "alignment_faking",
            "rubric_hash": "0a1b",
            "transcript_hash": f"h{i}",
            **columns,
        }
        for i, verdict in enumerate(said)
    ]
    return jsonl(path, rows)


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    rows = [
        {"id": f"t{i}", "label": label, "kind": kind, "reason": "because", "thinking": "Hm."}
        for i, (label, kind) in enumerate(zip(LABELS, KINDS, strict=True))
    ]
    return jsonl(tmp_path / "labels.jsonl", rows)


def validate(labels: Path, out: Path, *verdicts: Path, positive: str = "p") -> Result:
    return saydo("validate", *verdicts, "--labels", labels, "--positive", positive, "--out", out)


def told(result: Result, *words: str) -> None:
    assert result.exit_code == 1, result.output
    assert isinstance(result.exception, SystemExit), result.exception
    assert len(result.stderr.strip().splitlines()) == 1
    for word in words:
        assert word in result.stderr


# ---------------------------------------------------------------------------------- one judge


def test_one_judge_is_printed_and_written_with_what_is_left_out(
    labels: Path, tmp_path: Path
) -> None:
    shown = validate(labels, tmp_path / "c.json", judged(tmp_path / "v.jsonl", "lab/model"))
    assert shown.exit_code == 0, shown.output
    for line in (
        "sensitivity  1.000  [0.566, 1.000]",
        "balanced acc 0.875",
        "with 1 unscored at worst and best: sensitivity 0.833 to 1.000",
        "with 2 unscored at worst and best: specificity 0.500 to 0.833",
        "n = 9, unscored = 3, unlabelled = 0, labelled but not judged = 0",
    ):
        assert line in shown.stdout
    kinds = [re.split(r"\s*│\s*", line)[1:-1] for line in shown.stdout.splitlines() if "│" in line]
    assert [row[0] for row in kinds] == ["plain", "recites", "value talk"]
    assert kinds[2][:4] == ["value talk", "n", "negative", "not simulated"]
    record = json.loads((tmp_path / "c.json").read_text())
    assert [of["kind"] for of in record["kinds"]] == ["plain", "recites", "value talk"]
    assert record["kinds"][2]["n_unscored"] == 2
    assert record["sensitivity_bounds"] == {"low": 5 / 6, "high": 1, "n_missing": 1}
    assert validation.load(tmp_path / "c.json").n == 9


def test_labels_come_as_csv_too(labels: Path, tmp_path: Path) -> None:
    verdicts = judged(tmp_path / "v.jsonl", "lexical")
    assert validate(labels, tmp_path / "c.json", verdicts).exit_code == 0
    lines = [
        f"t{i};{label};{kind}" for i, (label, kind) in enumerate(zip(LABELS, KINDS, strict=True))
    ]
    (tmp_path / "labels.csv").write_text("\n".join(["id;label;kind", *lines]), "utf-8-sig")
    assert validate(tmp_path / "labels.csv", tmp_path / "d.json", verdicts).exit_code == 0
    assert (tmp_path / "d.json").read_text() == (tmp_path / "c.json").read_text()


def test_labels_and_ids_that_are_no_text_are_taken_as_they_stand(tmp_path: Path) -> None:
    rows = [{"id": i, "label": label == "p"} for i, label in enumerate(LABELS)]
    given = jsonl(tmp_path / "labels.jsonl", rows)
    source = judged(tmp_path / "v.jsonl", "lexical")
    source.write_text(re.sub(r'"id": "t(\d+)"', r'"id": \1', source.read_text()))
    shown = validate(given, tmp_path / "c.json", source, positive="true")
    assert "n = 12, unscored = 0" in shown.stdout


def test_ids_in_one_file_alone_are_counted(labels: Path, tmp_path: Path) -> None:
    with labels.open("a") as more:
        more.write('{"id": "elsewhere", "label": "n", "kind": "plain"}\n')
    verdicts = judged(tmp_path / "v.jsonl", "lexical")
    with verdicts.open("a") as more:
        row = json.loads(verdicts.read_text().splitlines()[0])
        more.write(json.dumps({**row, "id": "unlabelled"}) + "\n")
    shown = validate(labels, tmp_path / "c.json", verdicts)
    assert "n = 12, unscored = 0, unlabelled = 1, labelled but not judged = 1" in shown.stdout
    assert "warning: 1 verdicts are on transcripts without a label" in shown.stdout
    several = validate(
        labels, tmp_path / "out", verdicts, judged(tmp_path / "w.jsonl", "lab/model")
    )
    assert several.stdout.count("on transcripts without a label") == 1


def test_labels_of_other_texts_are_refused(labels: Path, tmp_path: Path) -> None:
    rows = [json.loads(line) for line in labels.read_text().splitlines()]
    verdicts = judged(tmp_path / "v.jsonl", "lexical")
    hashes: list[str | None] = [None, *(f"h{i}" for i in range(1, 12))]
    known = [{**row, "transcript_hash": of} for row, of in zip(rows, hashes, strict=True)]
    assert validate(jsonl(labels, known), tmp_path / "c.json", verdicts).exit_code == 0
    known[3]["transcript_hash"] = known[5]["transcript_hash"] = "other"
    told(
        validate(jsonl(labels, known), tmp_path / "d.json", verdicts),
        "id t3 was labelled for another text than was judged (2 such in all)",
    )
    assert not (tmp_path / "d.json").exists()


def test_transcripts_of_one_item_make_no_interval_narrower(labels: Path, tmp_path: Path) -> None:
    rows = [json.loads(line) for line in labels.read_text().splitlines()]
    verdicts = judged(tmp_path / "v.jsonl", "lexical")
    plain = validate(labels, tmp_path / "c.json", verdicts)
    assert "warning" not in plain.stdout
    clustered = [{**row, "item": i // 2} for i, row in enumerate(rows)]
    shown = validate(jsonl(labels, clustered), tmp_path / "d.json", verdicts)
    assert shown.exit_code == 0, shown.output
    assert "warning: auroc, kappa, alpha: 12 transcripts of 6 items" in shown.stdout
    alone, together = (
        json.loads((tmp_path / name).read_text())["sensitivity"] for name in ("c.json", "d.json")
    )
    assert alone["value"] == together["value"]
    assert together["high"] - together["low"] > alone["high"] - alone["low"]
    assert (together["n"], together["n_samples"]) == (3, 6)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("id,label\n", "labels.csv has no rows below its headings"),
        ("id,label\nt0,\nt1,p\n", "id t0 has no label"),
        ("name,label\nt0,p\n", "labels.csv has no columns id and label"),
        ("id,label\nt0,p\nt0,n\n", "id t0 stands in the labels more than once"),
    ],
)
def test_labels_that_are_none_are_one_sentence(text: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text(text)
    verdicts = judged(tmp_path / "v.jsonl", "lexical")
    told(validate(tmp_path / "labels.csv", tmp_path / "c.json", verdicts), words)
    assert not (tmp_path / "c.json").exists()


# ---------------------------------------------------------------------------------- several


def both(tmp_path: Path) -> list[Path]:
    return [judged(tmp_path / f"v{i}.jsonl", judge) for i, judge in enumerate(SAID)]


def test_several_judges_stand_side_by_side(labels: Path, tmp_path: Path) -> None:
    out, verdicts = tmp_path / "out", both(tmp_path)
    shown = validate(labels, out, *verdicts)
    assert shown.exit_code == 0, shown.output
    for path, stem in zip(
        verdicts, ("lexical", "lab_model"), strict=True
    ):  # each is that of its judge alone
        assert validate(labels, tmp_path / "one.json", path).exit_code == 0
        alone = (tmp_path / "one.json").read_text()
        assert (out / f"calibration_{stem}.json").read_text() == alone
    assert "lab/model: n = 9, unscored = 3" in shown.stdout
    written = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    tables = [
        f"{name}.{end}" for name in ("judges", "judge_pairs", "judge_kinds") for end in FORMATS
    ]
    drawn = [
        f"figures/{name}.{end}" for name in ("roc", "calibration") for end in ("png", "svg", "pdf")
    ]
    stems = ["calibration_lexical.json", "calibration_lab_model.json"]
    assert written == {*tables, *drawn, *stems}
    cells = pd.read_csv(out / "judges.csv").set_index("Judge")
    assert cells.loc["lab/model", "Sensitivity bounds"] == "0.83 to 1.00"
    assert cells.loc["lexical", "No verdict"] == 0
    assert cells.loc["lexical", "n"] == "6 / 6"
    assert cells.loc["lab/model", "n"] == "5 / 4"
    for heading in (
        *("Sensitivity", "Specificity", "Balanced accuracy", "AUROC", "Raw agreement"),
        *("Cohen's κ", "Krippendorff's α", "Prevalence", "Brier score"),
    ):
        assert re.fullmatch(
            r"-?[\d.]+ \[-?[\d.]+, [\d.]+\]", cells.loc["lexical", f"{heading} [95%]"]
        )
    (pair,) = pd.read_csv(out / "judge_pairs.csv").to_dict("records")
    assert pair["Judges"] == "lexical against lab/model"
    assert (pair["n"], pair["No verdict"], pair["n, AUROC"]) == (9, 3, 9)
    assert pair["Raw agreement [95%]"].startswith("0.89 [")
    kinds = pd.read_csv(out / "judge_kinds.csv")
    assert kinds["Kind"].tolist() == [kind for kind in dict.fromkeys(KINDS) for _ in SAID]
    assert kinds["Judge"].tolist() == [*SAID] * 3
    called = kinds["Called positive [95%]"].str.split(" ").str[0].tolist()
    assert called == ["0.67", "1.00", "<0.56", "<0.56", "0.33", "1.00"]
    assert kinds["No verdict"].tolist() == [0, 1, 0, 0, 0, 2]


def test_two_versions_of_a_rubric_are_told_apart(labels: Path, tmp_path: Path) -> None:
    verdicts = [
        judged(tmp_path / f"{version}.jsonl", "lexical", rubric_hash=version)
        for version in ("0a1b", "2c3d")
    ]
    shown = validate(labels, tmp_path / "out", *verdicts)
    assert shown.exit_code == 0, shown.output
    assert pd.read_csv(tmp_path / "out" / "judges.csv")["Version"].tolist() == ["0a1b", "2c3d"]
    (pair,) = pd.read_csv(tmp_path / "out" / "judge_pairs.csv").to_dict("records")
    assert pair["Judges"] == "lexical, 0a1b against lexical, 2c3d"
    assert (pair["AUROC difference [95%]"].split()[0], pair["n"]) == ("0.00", 12)
    roc = (tmp_path / "out" / "figures" / "roc.svg").read_text()
    assert "2c3d" in roc
    assert len(list((tmp_path / "out").glob("calibration_*.json"))) == 2


def test_simulated_texts_are_stamped_and_names_of_judges_are_no_places_to_write_to(
    labels: Path, tmp_path: Path
) -> None:
    (tmp_path / "a").mkdir()
    verdicts = [
        judged(tmp_path / "a" / f"v{i}.jsonl", judge, simulated=True)
        for i, judge in enumerate(SAID)
    ]
    for path, name in zip(verdicts, ("../../x/y", "..\\x\u202e"), strict=True):
        rows = [{**json.loads(line), "judge": name} for line in path.read_text().splitlines()]
        jsonl(path, rows)
    out = tmp_path / "a" / "out"
    assert validate(labels, out, *verdicts).exit_code == 0
    assert sorted(path.name for path in out.glob("*.json")) == [
        "calibration_x.json",
        "calibration_x_y.json",
    ]
    assert {path.name for path in tmp_path.iterdir()} == {"a", "labels.jsonl"}
    for name in ("judges", "judge_pairs", "judge_kinds"):
        assert set(pd.read_csv(out / f"{name}.csv")["Texts"]) == {"simulated"}, name
    for name in ("roc", "calibration"):
        assert "SIMULATED" in (out / "figures" / f"{name}.svg").read_text()


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({}, ["two calibrations are of judge lexical"]),
        ({"judge": "b", "transcript_hash": "other"}, ["id t0 stands for two texts"]),
    ],
)
def test_verdicts_that_cannot_be_compared(
    columns: dict[str, str], words: list[str], labels: Path, tmp_path: Path
) -> None:
    verdicts = [
        judged(tmp_path / "a.jsonl", "lexical"),
        judged(tmp_path / "b.jsonl", "lexical", **columns),
    ]
    told(validate(labels, tmp_path / "out", *verdicts), *words)
    assert not (tmp_path / "out").exists()


def test_several_into_a_file(labels: Path, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    told(validate(labels, tmp_path / "out", *both(tmp_path)), "out")
    assert (tmp_path / "out").read_text() == "mine"


# ---------------------------------------------------------------------------------- people's labels


@pytest.mark.skipif(not REAL.exists(), reason="people's labels of real transcripts are not here")
def test_the_lexical_judge_on_labels_of_people(tmp_path: Path) -> None:
    """The figures of benchmarks/README.md, by the commands that it gives."""
    options = ("--rubric", "alignment_faking", "--judge", "lexical")
    assert saydo("label", REAL, tmp_path / "v.jsonl", *options).exit_code == 0
    shown = validate(REAL, tmp_path / "c.json", tmp_path / "v.jsonl", positive="potential_faking")
    for line in (
        "sensitivity  0.500  [0.321, 0.679]",
        "specificity  1.000  [0.879, 1.000]",
        "auroc        0.894  [0.767, 0.953]",
        "kappa        0.509  [0.208, 0.704]",
        "prevalence   0.481  [0.354, 0.611]",
        "n = 54, unscored = 0",
    ):
        assert line in shown.stdout
