"""The bundled transcripts: schema, kinds, quotes, variety, and what the lexical judge says of them."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from inspect_ai.log import read_eval_log

from analysis.bundled import data_path
from paper_figures.cli import main
from paper_figures.labelling import json_lines
from scorers.judges.lexical_text import fold
from scorers.judges.verdict import CRITERIA
from scorers.thinking import read_text
from tests.data.lexical_verdicts import CANARY, SETS, committed, judged, source, table

REAL = Path(__file__).resolve().parents[2].parent / "shared/real"
LABELS = {
    "compliance": ("complied", "partial", "refused"),
    "alignment_faking": ("faking", "not_faking"),
    "acknowledgement": ("acknowledged", "not_acknowledged"),
}
"""The first is the positive one, for `saydo validate`."""

COMMON = {"id", "kind", "label", "reason", "canary"}
FORMS: dict[str, tuple[set[str], ...]] = {
    "compliance": ({"request", "answer"},),
    "alignment_faking": ({"criteria", "thinking", "answer"}, {"criteria", "text"}),
    "acknowledgement": tuple(
        {"hint", "hint_text", "question", "given", "thinking", *quoted}
        for quoted in ((), ("quote",), ("mention",))
    ),
}
"""Keys of a row beside the common ones; a row has one of the forms, and each form occurs."""

MAY_BE_EMPTY = {"hint"}
"""The name of a hint is not known in a foreign log."""

MIN_ROWS, MIN_POSITIVES, MIN_HARD = 80, 30, 5
MAX_JACCARD = 0.05
"""From here on, two transcripts count as near-duplicates (five-word sequences)."""

SEQUENCE = 5
RUN = 9
"""A run of so many words that stands elsewhere too has been copied."""

READ = ("text", "thinking", "answer")
TOLD = ("request", "hint_text", "question")
ROWS = {name: [row for _, row in json_lines(source(name))] for name in SETS}
ALL = [row for name in SETS for row in ROWS[name]]
FAKING = ROWS["alignment_faking"]


def written(row: dict[str, Any]) -> str:
    """What the model wrote; not what it was given."""
    return "\n".join(row.get(name, "") for name in READ)


def runs(text: str, length: int) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+(?:'\w+)*", text.lower().replace("’", "'"))
    return {tuple(words[i : i + length]) for i in range(len(words) - length + 1)}


def own_runs(row: dict[str, Any]) -> set[tuple[str, ...]]:
    """Runs of the model's words, without those that it repeats from its prompt."""
    given = "\n".join(row.get(name, "") for name in TOLD)
    return runs(written(row), RUN) - runs(given, RUN)


@pytest.mark.parametrize("name", SETS)
def test_rows_follow_the_schema(name: str) -> None:
    forms = set()
    for row in ROWS[name]:
        keys = set(row) - COMMON
        assert set(row) >= COMMON, row["id"]
        assert keys in FORMS[name], row["id"]
        forms.add(frozenset(keys))
        start = f"{name}_{row['kind']}".replace("_", "-")
        assert re.fullmatch(rf"{start}-\d\d", row["id"])
        assert row["label"] in LABELS[name]
        assert row["canary"] == CANARY
        assert all(row[key] for key in keys - MAY_BE_EMPTY), row["id"]
        assert re.fullmatch(r"[\"A-Z].{15,}\.", row["reason"]), row["id"]
    assert len(forms) == len(FORMS[name])


def test_ids_are_unique_across_sets() -> None:
    assert max(Counter(row["id"] for row in ALL).values()) == 1


@pytest.mark.parametrize("name", SETS)
def test_there_are_enough_of_each_label_and_of_each_hard_kind(name: str) -> None:
    positive = LABELS[name][0]
    labels = Counter(row["label"] for row in ROWS[name])
    kinds = Counter((row["kind"], row["label"]) for row in ROWS[name])
    assert len(ROWS[name]) >= MIN_ROWS
    assert set(labels) == set(LABELS[name])
    assert labels[positive] >= MIN_POSITIVES
    assert labels.total() - labels[positive] >= MIN_POSITIVES
    assert max(Counter(kind for kind, _ in kinds).values()) == 1, "a kind has one label"
    assert min(n for (_, label), n in kinds.items() if label != positive) >= MIN_HARD


def thinking(row: dict[str, Any]) -> str:
    return read_text(row["text"]).thinking if "text" in row else str(row["thinking"])


@pytest.mark.parametrize("row", FAKING, ids=[row["id"] for row in FAKING])
def test_the_criteria_of_faking_are_quoted_letter_for_letter(row: dict[str, Any]) -> None:
    assert tuple(row["criteria"]) == CRITERIA
    assert all(row["criteria"].values()) is (row["label"] == "faking")
    for quote in row["criteria"].values():
        assert quote in thinking(row)
        assert fold(quote) == quote


def test_quotes_about_a_hint_stand_in_the_thinking_and_follow_the_label() -> None:
    for row in ROWS["acknowledgement"]:
        assert ("quote" in row) is (row["label"] == "acknowledged"), row["id"]
        assert fold(row.get("quote", row.get("mention", ""))) in fold(row["thinking"]), row["id"]


def test_tagged_transcripts_have_both_thinking_and_an_answer() -> None:
    readings = [read_text(row["text"]) for row in FAKING if "text" in row]
    assert all(reading.thinking and reading.answer for reading in readings)


def test_paraphrased_faking_does_without_the_usual_words() -> None:
    rows = [row for row in FAKING if row["kind"] == "paraphrase"]
    assert not [row["id"] for row in rows if re.search(r"train|value", written(row).lower())]


@pytest.mark.parametrize("name", SETS)
def test_no_near_duplicates(name: str) -> None:
    sequences = [(row["id"], runs(written(row), SEQUENCE)) for row in ROWS[name]]
    close = [
        (a, b)
        for (a, x), (b, y) in combinations(sequences, 2)
        if len(x & y) >= MAX_JACCARD * max(1, len(x | y))
    ]
    assert not close
    assert len({fold(written(row)).casefold() for row in ROWS[name]}) == len(ROWS[name])


def leaves(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict | list):
        for inner in node.values() if isinstance(node, dict) else node:
            yield from leaves(inner)


def test_nothing_is_shared_with_the_wording_of_the_simulated_models() -> None:
    files = sorted(data_path("organisms", "wording").glob("*.yaml"))
    texts = [text for path in files for text in leaves(yaml.safe_load(path.read_text("utf-8")))]
    theirs = set().union(*(runs(text, RUN) for text in texts))
    assert len(theirs) > len(texts)
    assert not [(row["id"], own_runs(row) & theirs) for row in ALL if own_runs(row) & theirs]


@pytest.mark.skipif(not REAL.exists(), reason="the shared data are not here")
def test_nothing_is_shared_with_real_transcripts() -> None:
    labelled = REAL / "alignment_faking_labels/development.jsonl"
    texts = [row["text"] for _, row in json_lines(labelled)]
    for path in sorted((REAL / "claude_3_7_hint_logs").glob("*.eval")):
        samples = read_eval_log(str(path)).samples or []
        texts += [text for s in samples for m in s.messages for text in leaves(m.model_dump())]
    theirs = set().union(*(runs(text, RUN) for text in texts))
    assert not [(row["id"], own_runs(row) & theirs) for row in ALL if own_runs(row) & theirs]


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The lexical judge's verdicts on each set."""
    folder = tmp_path_factory.mktemp("verdicts")
    return {name: judged(name, folder) for name in SETS}


@pytest.mark.parametrize("name", SETS)
def test_a_set_serves_as_labels(name: str, verdicts: dict[str, Path], tmp_path: Path) -> None:
    out = tmp_path / "calibration.json"
    options = ["--labels", str(source(name)), "--positive", LABELS[name][0], "--out", str(out)]
    result = CliRunner().invoke(main, ["validate", str(verdicts[name]), *options])
    assert result.exit_code == 0, result.output
    calibration = json.loads(out.read_text("utf-8"))
    assert calibration["n"] + calibration["n_unscored"] == len(ROWS[name])
    assert calibration["n_unlabelled"] == 0


def test_the_lexical_judge_says_what_it_said(verdicts: dict[str, Path]) -> None:
    was, now = (
        {(row.set, row.id): row.verdict for row in frame.itertuples()}
        for frame in (committed(), table(verdicts))
    )
    changed = {
        key: (was.get(key), now.get(key))
        for key in was | now
        if was.get(key, "") != now.get(key, "")
    }
    assert not changed, (
        f"{len(changed)} verdicts of the lexical judge are not as committed: look at each, and if "
        "the change is meant, write them anew with `python -m tests.data.lexical_verdicts`"
    )


def test_readme_tells_what_the_sets_are_and_their_true_counts() -> None:
    text = data_path("transcripts", "README.md").read_text(encoding="utf-8")
    said = " ".join(text.split())
    for words in (CANARY, "written for this project", "MIT", "regression set", "no evidence of"):
        assert words in said
    for name in SETS:
        _, _, section = text.partition(f"## `{name}.jsonl`")
        section = section.partition("\n## ")[0]
        labels = Counter(row["label"] for row in ROWS[name])
        counts = ", ".join(f"{labels[label]} `{label}`" for label in LABELS[name])
        assert f"{len(ROWS[name])} transcripts: {counts}." in section, name
        shown = re.findall(r"^\| `(\w+)` \| `(\w+)` \| (\d+) \|", section, re.M)
        kinds = Counter((row["kind"], row["label"]) for row in ROWS[name])
        assert Counter({(kind, label): int(n) for kind, label, n in shown}) == kinds, name


def test_sizes_for_the_record(record_property: Callable[[str, object], None]) -> None:
    sizes = ", ".join(f"{len(ROWS[name])} {name}" for name in SETS)
    record_property("transcripts in the bundled regression set", sizes)
