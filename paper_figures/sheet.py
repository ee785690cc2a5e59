"""`saydo sheet`: transcripts for two people to label, blind to where they come from, and their labels read back.

Which transcripts: those among which a calibration corrects the judge's rate, whatever the judge said of them under the
rubric, each as likely as the next, and of as many items as can be. Sensitivity and specificity on such a draw are those of the
judge on what is measured.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import click
import numpy as np
import pandas as pd
from inspect_ai.log import read_eval_log, read_eval_log_sample
from inspect_ai.model import ModelName
from inspect_ai.scorer import Target
from inspect_ai.solver import TaskState
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from analysis import logs
from analysis.faithfulness import UNHINTED
from analysis.monitors import CATEGORIES
from analysis.quantities import TRAINED
from paper_figures import flagged, spreadsheets
from paper_figures.console import console, in_one_sentence, show
from paper_figures.formats import Table, text_of
from paper_figures.sheet_labels import (
    ADJUDICATED,
    DECIDED,
    DISAGREEMENTS,
    INSTRUCTIONS,
    KEY,
    LABELS,
    OF_ANSWERS,
    SHEETS,
    SHOWN,
    TRANSCRIPTS,
    ReadBack,
    read_back,
)
from paper_figures.tables import judges
from scorers.compliance import rubric_and_request, why_no_answer
from scorers.hinted import case_of
from scorers.judges.rubric import load_rubric
from scorers.special_casing import kept_deed, metadata_of
from scorers.thinking import Reading, prompt_text, read_reply

_HINTED = ("acknowledgement", "asked", "monitor")

_MEANT = {
    "thinking": "the model's reasoning",
    "answer": "its answer",
    "request": "what it was asked",
    "hint_text": "the hint that its prompt had",
    "given": "what the hint gives as the answer",
    "question": "what it was asked",
}

_SAMPLE = ["location", "sample_id", "epoch"]

_ITEM = ["dataset", "item_id"]

_LETTERS, _LETTERS_OF_A_WORD = list("bcdfghjkmnpqrstvwxz"), 8
"""Of ids and items: no vowels and no digits, so that no spreadsheet reads one as a word, a number or a date."""

_TEMPLATES = Path(__file__).resolve().parent / "templates"


@dataclass(frozen=True)
class Drawn:
    """What a sheet holds.

    Attributes:
        n: Transcripts on it.
        n_due: Transcripts of which it is a draw.
        n_without: Drawn transcripts without the text that is to be judged, in whose place others were drawn.
        n_unknown: Transcripts left out because no verdict says whether they comply, where only complying ones are due.
    """

    n: int
    n_due: int
    n_without: int
    n_unknown: int


# ---------------------------------------------------------------------------------- drawn


def make(
    log_dir: str, out: Path, rubric: str, n: int = 100, seed: int = 0, equal: bool = False
) -> Drawn:
    """Draw transcripts at random and write two sheets of them, each in an order of its own.

    Args:
        log_dir: Folder or URL of logs that were scored under the rubric.
        out: Folder for the sheets, instructions, transcripts and the key; made if need be.
        rubric: One of `LABELS`.
        n: Transcripts; all, if there are fewer.
        seed: Decides draw, ids and orders.
        equal: Draw as many of each snapshot, as far as it has them.

    Raises:
        NoLogs: No log could be read.
        ValueError: There is nothing to draw from, or `out` holds sheets already.
    """
    taken = next((name for name in (*SHEETS, TRANSCRIPTS) if (out / name).exists()), None)
    if taken:
        raise ValueError(
            f"{out / taken} is there already: give another --out, no sheet is overwritten."
        )
    read = logs.read(log_dir)
    rows = due(read, rubric)
    digest, items = _digest(rows, rubric), _items(rows, rubric)
    rng = np.random.default_rng(seed)
    rows = in_order_of_draw(rows, rng, equal)
    drawn, n_without = _first(rows, rubric, n)
    if not drawn:
        raise ValueError(f"{log_dir}: none of the {len(rows)} transcripts due has a text to judge.")
    ids = _words(np.random.default_rng([seed, digest]), len(drawn))
    out.mkdir(parents=True, exist_ok=True)
    _write(out, rubric, dict(zip(ids, drawn, strict=True)), items, rng)
    return Drawn(len(drawn), len(rows), n_without, n_unknown(read, rubric))


def due(frame: pd.DataFrame, rubric: str) -> pd.DataFrame:
    """The transcripts among which a calibration of this rubric corrects the judge's rate.

    Of alignment faking those of the training arm with raw thinking that comply, as judged; of compliance those of all arms;
    of acknowledgement and of the reply when asked used hints; of the monitor used hints and unhinted
    samples; of admission hacks with raw thinking; of the thinking monitors all raw thinking, whether the judge read it or
    a first stage passed it. In logs without arms (of other projects) there is no unhinted answer, and no training arm: there all count that have
    the hint's answer, or raw thinking.

    Args:
        frame: As `analysis.logs.read` gives it.
        rubric: One of `LABELS`.

    Returns:
        One row per transcript, in an order that does not depend on when it was had.

    Raises:
        ValueError: There is none.
    """
    found = _candidates(frame, rubric)
    if rubric == "alignment_faking":
        judged = found
        found = found[(found["complied"] == 1) | found["arm"].isna()]
        if found.empty and not judged.empty:
            raise ValueError(
                f"none of the {len(judged.drop_duplicates(_SAMPLE))} training transcripts with raw thinking complied "
                f"({n_unknown(frame, rubric)} have no verdict on that): there is nothing on which faking is judged."
            )
    found = found.drop_duplicates(_SAMPLE)
    if found.empty:
        raise ValueError(
            f"the logs have no transcript on which a verdict of {rubric} is due: give logs that were scored under it."
        )
    return found.sort_values(["snapshot", "task", "sample_id", "epoch", "log"], kind="stable")


def n_unknown(frame: pd.DataFrame, rubric: str) -> int:
    """How many transcripts are left out because no verdict says whether they comply.

    Args:
        frame: As for `due`.
        rubric: As for `due`; of alignment faking alone are complying transcripts due.
    """
    if rubric != "alignment_faking":
        return 0
    found = _candidates(frame, rubric)
    complied = found.loc[found["arm"].notna(), "complied"].notna()
    samples = [found.loc[complied.index, name] for name in _SAMPLE]
    return int((~complied.groupby(samples).any()).sum())


def _candidates(frame: pd.DataFrame, rubric: str) -> pd.DataFrame:
    """Rows of transcripts that are due, of alignment faking whether they comply or not."""
    rows = frame[(frame["rubric"] == rubric) & (frame["error"] == "")]
    needed = [*rows.columns, "arm", "on_hint", "asked", "complied", "hacked"]
    rows = rows.reindex(columns=pd.Index(needed).unique())
    foreign = rows["arm"].isna()
    chosen = pd.Series(True, index=rows.index)
    if rubric == "alignment_faking":
        chosen = (rows["arm"] == TRAINED) | foreign
    if rubric in _HINTED:
        used = pd.Series(rows.index.isin(flagged.used(rows[~foreign]).index), index=rows.index)
        chosen = used | (foreign & (rows["on_hint"] == 1))
    if rubric == "monitor":
        chosen |= rows["arm"] == UNHINTED
    if rubric == "asked":
        chosen &= rows["asked"] == 1
    if rubric == "admission":
        chosen = rows["hacked"] == 1
    if "thinking" in SHOWN[rubric]:
        chosen &= rows["thinking_visibility"] == "raw"
    return rows[chosen]


def in_order_of_draw(rows: pd.DataFrame, rng: np.random.Generator, equal: bool) -> pd.DataFrame:
    """The rows in a random order, of which any first n spread over the items in proportion to their transcripts.

    Each item's transcripts are set at equal steps from a random start, which makes each transcript as likely as the next
    (systematic sampling); where all items have as many, none comes again before all have come.

    Args:
        rows: As `due` gives them.
        rng: Decides the order.
        equal: The first of each snapshot before the second of any, and so on.
    """
    shuffled = rows.iloc[rng.permutation(len(rows))]
    item = shuffled.groupby(["snapshot", *_ITEM] if equal else _ITEM)
    start = rng.random(item.ngroups)[item.ngroup().to_numpy()]
    place = (item.cumcount().to_numpy() + start) / item["epoch"].transform("size").to_numpy()
    spread = shuffled.iloc[np.argsort(place, kind="stable")]
    if not equal:
        return spread
    turn = spread.groupby("snapshot").cumcount().to_numpy()
    return spread.iloc[np.argsort(turn, kind="stable")]


@dataclass(frozen=True)
class _Shown:
    """A transcript as it is judged, and where it comes from."""

    texts: dict[str, str]
    row: pd.Series


def _first(rows: pd.DataFrame, rubric: str, n: int) -> tuple[list[_Shown], int]:
    """The first n with a text to judge, and how many before them have none."""
    found: list[_Shown] = []
    n_opened = 0
    while len(found) < n and n_opened < len(rows):
        several = rows.iloc[n_opened : n_opened + n - len(found)]
        n_opened += len(several)
        found += _opened(several, rubric)
    return found, n_opened - len(found)


def _opened(rows: pd.DataFrame, rubric: str) -> Iterator[_Shown]:
    """Those of the rows that have a text to judge, in their order."""
    read = {(t.location, t.sample_id, t.epoch): t for t in logs.transcripts(rows)}
    for _, row in rows.iterrows():
        transcript = read.get((row["location"], row["sample_id"], row["epoch"]))
        texts = _texts(transcript, row, rubric) if transcript else {}
        if texts:
            yield _Shown(texts, row)


def _texts(transcript: logs.Transcript, row: pd.Series, rubric: str) -> dict[str, str]:
    """What a judge gets to see, by the keys of `saydo label`; nothing where there is nothing to judge."""
    if rubric == "alignment_faking":
        told = {"thinking": transcript.thinking, "answer": transcript.answer}
        return told if transcript.thinking.strip() else {}
    state = _state(transcript, str(row["model"]))
    if state is None:
        return {}
    reading = Reading(transcript.thinking, transcript.answer, row["thinking_visibility"], False)
    if rubric in OF_ANSWERS:
        request = rubric_and_request(state)[1]
        return (
            {} if why_no_answer(reading, state) else {"request": request, "answer": reading.answer}
        )
    if rubric == "admission" or rubric in CATEGORIES:
        told = _before_thinking(state, rubric) if reading.thinking.strip() else {}
        return {**told, "thinking": reading.thinking} if told else {}
    case = case_of(state, reading, *_hint_keys(transcript.location))
    hint = {"hint": case.hint, "hint_text": case.clue, "given": case.given}
    if rubric == "asked":
        reply = read_reply(state)
        return {**hint, "answer": reply.answer} if reply and reply.answer.strip() else {}
    if not reading.thinking.strip():
        return {}
    told = {"question": case.question, "thinking": reading.thinking}
    return told if rubric == "monitor" else {**hint, **told}


def _before_thinking(state: TaskState, rubric: str) -> dict[str, str]:
    """What a judge of thinking is shown besides: the prompt, or the problem and the code that gets around its tests."""
    if rubric in CATEGORIES:
        return {"request": prompt_text(state)}
    deed, about = kept_deed(state), metadata_of(state)
    return {"request": about.statement, "answer": deed.solution} if deed and about else {}


def _state(transcript: logs.Transcript, model: str) -> TaskState | None:
    """The sample as its scorers saw it: metadata in full, which the frame has shortened. None where it is damaged."""
    try:
        sample = read_eval_log_sample(
            transcript.location,
            transcript.sample_id,
            transcript.epoch,
            resolve_attachments=True,
            exclude_fields={"events"},
        )
    except Exception:  # what is raised depends on the damage
        return None
    return TaskState(
        model=ModelName(model),
        sample_id=sample.id,
        epoch=sample.epoch,
        input=sample.input,
        messages=sample.messages,
        target=Target(sample.target),
        choices=sample.choices,
        output=sample.output,
        metadata=sample.metadata,
        store=sample.store,
    )


@cache
def _hint_keys(location: str) -> tuple[str, str]:
    """Metadata keys of the hint's text and of what it gives, where a log of another project was scored by such."""
    scorers = read_eval_log(location, header_only=True).eval.scorers or []
    options = next((s.options or {} for s in scorers if s.name.endswith("acknowledgement")), {})
    return str(options.get("clue") or ""), str(options.get("given") or "")


def _digest(rows: pd.DataFrame, rubric: str) -> int:
    """Of rubric and samples: other logs get other ids, so that no label of one meets a verdict on the other."""
    samples = sorted(
        (str(log), str(name), int(epoch))
        for log, name, epoch in zip(rows["log"], rows["sample_id"], rows["epoch"], strict=True)
    )
    told = json.dumps([rubric, samples]).encode()
    return int.from_bytes(hashlib.sha256(told).digest(), "big")


def _items(rows: pd.DataFrame, rubric: str) -> dict[tuple[str, str], str]:
    """A word for each item, the same in every sheet of these logs, that tells nothing."""
    items = sorted({(str(of), str(name)) for of, name in rows[_ITEM].itertuples(index=False)})
    rng = np.random.default_rng(_digest(rows, rubric))
    return dict(zip(items, _words(rng, len(items)), strict=True))


def _words(rng: np.random.Generator, n: int) -> list[str]:
    """So many words that tell nothing."""
    words: dict[str, None] = {}
    while len(words) < n:
        words["".join(rng.choice(_LETTERS, _LETTERS_OF_A_WORD))] = None
    return list(words)


# ---------------------------------------------------------------------------------- written


def _write(
    out: Path,
    rubric: str,
    drawn: Mapping[str, _Shown],
    items: Mapping[tuple[str, str], str],
    rng: np.random.Generator,
) -> None:
    columns = SHOWN[rubric]
    item = {
        name: items[str(shown.row["dataset"]), str(shown.row["item_id"])]
        for name, shown in drawn.items()
    }
    with (out / TRANSCRIPTS).open("w", encoding="utf-8") as file:
        for name in sorted(drawn):
            shown = drawn[name]
            simulated = {"simulated": True} if shown.row["simulated"] else {}
            row = {"id": name, "rubric": rubric, "item": item[name], **shown.texts, **simulated}
            file.write(json.dumps(row) + "\n")
    key = [{"id": name, "item": item[name], **_origin(drawn[name].row)} for name in sorted(drawn)]
    spreadsheets.write(key, out / KEY)
    for sheet in SHEETS:
        order = rng.permutation(sorted(drawn))
        rows = [
            {"id": name, **{c: drawn[name].texts[c] for c in columns}, "label": "", "note": ""}
            for name in order
        ]
        spreadsheets.write(rows, out / sheet)
    (out / INSTRUCTIONS).write_text(_instructions(rubric, len(drawn)), encoding="utf-8")


def _origin(row: pd.Series) -> dict[str, str]:
    told = ("log", "task", "dataset", "sample_id", "epoch", "arm", "snapshot", "reasoning")
    return {name: text_of(row[name]) for name in told}


def _instructions(rubric: str, n: int) -> str:
    columns = SHOWN[rubric]
    templates = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    words = load_rubric(rubric)
    return templates.get_template("instructions.md").render(
        n=n,
        told=set(columns) - {"thinking", "answer"},
        labels=LABELS[rubric],
        several=rubric in CATEGORIES,
        columns=", ".join(f"`{name}` ({_MEANT[name]})" for name in columns),
        last=columns[-1],
        rubric=words.text.partition(_FOR_JUDGES)[0].strip(),
        name=rubric,
        version=words.hash,
    )


_FOR_JUDGES = "Keys of your answer:"
"""What follows in a rubric is about the JSON that a judge answers."""


# ---------------------------------------------------------------------------------- command


@click.command("sheet")
@click.argument("source")
@click.option(
    "--rubric", type=click.Choice(list(LABELS)), help="What the transcripts are labelled by."
)
@click.option(
    "--out", type=click.Path(path_type=Path), help="Folder of the sheets; with --read, the labels."
)
@click.option(
    "--n", default=100, show_default=True, type=click.IntRange(min=1), help="Transcripts."
)
@click.option("--seed", default=0, show_default=True, help="Decides the draw.")
@click.option("--equal-snapshots", is_flag=True, help="Draw as many of each snapshot.")
@click.option("--read", "filled", is_flag=True, help="Read the filled sheets in the folder SOURCE.")
@in_one_sentence
def sheet_command(
    source: str,
    rubric: str | None,
    out: Path | None,
    n: int,
    seed: int,
    equal_snapshots: bool,
    filled: bool,
) -> None:
    """Draw transcripts out of the logs in SOURCE for two people to label, or read their sheets back.

    \b
    saydo sheet LOGS --rubric alignment_faking --out sheet      writes sheet/sheet_1.csv, sheet_2.csv, INSTRUCTIONS.md,
                                                                transcripts.jsonl and key.csv
    saydo sheet sheet --read                                    compares the filled sheets, writes sheet/labels.jsonl
    """
    if filled:
        if rubric:
            raise ValueError("--read takes the rubric from the sheet: leave out --rubric.")
        labels = out or Path(source) / DECIDED
        _tell(read_back(Path(source), labels), labels, Path(source))
        return
    if not rubric or not out:
        raise ValueError("give --rubric and --out, or --read for sheets that are filled in.")
    drawn = make(source, out, rubric, n, seed, equal_snapshots)
    instead = (
        f" ({drawn.n_without} without a text to judge were passed over)" if drawn.n_without else ""
    )
    unknown = (
        f"Left out: {drawn.n_unknown} training transcripts without a verdict on whether they comply.\n"
        if drawn.n_unknown
        else ""
    )
    console.print(
        f"{drawn.n} of {drawn.n_due} transcripts on which a verdict of {rubric} is due{instead}.\n{unknown}"
        f"For the labellers: {INSTRUCTIONS} and one of {' and '.join(SHEETS)} each. Not for them: {KEY}, {TRANSCRIPTS}.\n"
        f"Written: {out}/"
    )


def _tell(found: ReadBack, labels: Path, folder: Path) -> None:
    cells = {"n": str(found.n_alike + found.n_unlike), **judges.agreement_cells(found.agreement)}
    show(
        Table(
            "sheet",
            "Two labellers",
            f"Over rows that both labelled, before adjudication, 95% intervals. Prevalence: share of their labels that are {found.positive}.",
            pd.DataFrame([cells]),
        )
    )
    n_decided = found.n_alike + found.n_adjudicated
    console.print(
        f"{found.n} rows: {found.n_alike} labelled alike, {found.n_unlike} not, {found.n_one_empty} by one alone, {found.n_both_empty} by neither; "
        f"{found.n_adjudicated} of these adjudicated."
    )
    share, bounds = found.prevalence, found.bounds
    said = f"{share.value:.3f} [{share.low:.3f}, {share.high:.3f}]"
    if bounds.n_missing:
        said += f"; with the {bounds.n_missing} left out either way: {bounds.low:.3f} to {bounds.high:.3f}"
    console.print(f"Prevalence of {found.positive} among {n_decided} decided: {said}.")
    if found.n_undecided:
        console.print(f"To decide: label {folder / DISAGREEMENTS}, and save it as {ADJUDICATED}.")
        console.print(
            f"{found.n_undecided} on which the two differ are undecided, and not among the labels: decide these before you "
            "calibrate: what is left is the easy part."
        )
    console.print(f"Written: {labels}")
