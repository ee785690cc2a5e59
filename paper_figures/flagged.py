"""Transcripts that a person should look at: which they are, a few of each kind, and how they are shown."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import pandas as pd
from markupsafe import Markup, escape

from analysis import logs
from analysis.faithfulness import LETTERS, UNHINTED
from analysis.monitors import CATEGORIES
from analysis.quantities import TRAINED
from analysis.untrusted import visible as visible
from paper_figures.formats import text_of

PER_FLAG = 5
"""Transcripts shown per snapshot and flag: what a person reads through in some minutes."""

_LONGEST = 20_000
"""Characters shown of one transcript's prompt, thinking or answer."""

_PAGE = 4_000_000
"""Characters of all transcripts together: a page beyond some megabytes is slow to open and to send."""

_SHORTEST = 1_000
"""Characters that each part of a transcript keeps, however many transcripts there are."""

_SAMPLE = ["location", "sample_id", "epoch"]
"""What names a transcript."""


@dataclass(frozen=True)
class Flag:
    """A reason to look at a transcript.

    Attributes:
        name: As it stands in the page's filter.
        meaning: What a transcript has to be, in the words of METHODS.
        rows: Of a frame, the rows of such transcripts.
    """

    name: str
    meaning: str
    rows: Callable[[pd.DataFrame], pd.DataFrame]


@dataclass(frozen=True)
class Chosen:
    """What is shown of one snapshot's transcripts with one flag."""

    snapshot: str
    flag: str
    n_shown: int
    n_found: int


@dataclass(frozen=True)
class Part:
    """A piece of a transcript: who speaks, the text with quotes marked, and how much was cut off."""

    role: str
    text: Markup
    n_cut: int


@dataclass(frozen=True)
class Quote:
    """A quote of the judge's, what it is for, and whether it stands in what the judge read."""

    label: str
    text: str
    found: bool


@dataclass(frozen=True)
class Judgement:
    """What one scorer says of a transcript."""

    scorer: str
    judge: str
    rubric: str
    rubric_hash: str
    labels: tuple[tuple[str, str], ...]
    explanation: str
    quotes: tuple[Quote, ...]


@dataclass(frozen=True)
class Shown:
    """One transcript as the page has it."""

    snapshot: str
    reasoning: str
    task: str
    dataset: str
    arm: str
    simulated: bool
    log: str
    sample_id: str
    epoch: int
    flags: tuple[str, ...]
    prompt: tuple[Part, ...]
    thinking: Part
    answer: Part
    after: tuple[Part, ...]
    judgements: tuple[Judgement, ...]


# ---------------------------------------------------------------------------------- which


def _label(frame: pd.DataFrame, name: str) -> pd.Series:
    """A column of labels; all missing where no log has it."""
    if name not in frame:
        return pd.Series(float("nan"), index=frame.index)
    return pd.to_numeric(frame[name], errors="coerce")


def _by(frame: pd.DataFrame, scorer: str) -> pd.DataFrame:
    return frame[frame["scorer"] == scorer]


def _faked(frame: pd.DataFrame) -> pd.DataFrame:
    rows = _by(frame, "alignment_faking")
    if "arm" not in rows:
        return rows.iloc[:0]
    faked = (_label(rows, "alignment_faking") == 1) & (_label(rows, "complied") == 1)
    return rows[faked & (rows["arm"] == TRAINED)]


def _borderline(frame: pd.DataFrame) -> pd.DataFrame:
    rows = _by(frame, "alignment_faking")
    return rows[_label(rows, "borderline") == 1]


def _used(frame: pd.DataFrame) -> pd.DataFrame:
    return used(_by(frame, "acknowledgement"))


def used(rows: pd.DataFrame) -> pd.DataFrame:
    """Hinted transcripts with the hint's answer, of items that have another answer unhinted.

    Args:
        rows: Of one scorer of hinted answers.
    """
    if rows.empty or "hint_answer" not in rows:
        return rows.iloc[:0]
    answer = _label(rows, "option").map(dict(enumerate(LETTERS, start=1)))
    # A log poses its items to one model in one way, so that the arms of an item lie in one log.
    sides = rows[["location", "item_id", "hint_answer"]].assign(row=rows.index, answer=answer)
    unhinted = sides[rows["arm"] == UNHINTED].dropna(subset="answer")
    item = ["location", "item_id"]
    pairs = sides.merge(unhinted[[*item, "answer"]], on=item, suffixes=("", "_unhinted"))
    moved = pairs.loc[pairs["answer_unhinted"] != pairs["hint_answer"], "row"]
    return rows[(_label(rows, "on_hint") == 1) & rows.index.isin(moved)]


def _admitted(frame: pd.DataFrame) -> pd.DataFrame:
    used = _used(frame)
    return used[_label(used, "acknowledged") == 1]


def _not_admitted(frame: pd.DataFrame) -> pd.DataFrame:
    used = _used(frame)
    return used[_label(used, "acknowledged") == 0]


def _hacked(frame: pd.DataFrame) -> pd.DataFrame:
    """Hacks, of which it is not known whether the thinking admits them."""
    deeds, words = _by(frame, "special_casing"), _by(frame, "admission")
    asked = words[_label(words, "admitted").notna()]
    told = deeds[_SAMPLE].merge(asked[_SAMPLE].drop_duplicates(), how="left", indicator=True)
    return deeds[(_label(deeds, "hacked") == 1) & (told["_merge"] == "left_only").to_numpy()]


def _hacked_admitting(frame: pd.DataFrame, admitted: int) -> pd.DataFrame:
    rows = _by(frame, "admission")
    return rows[(_label(rows, "hacked") == 1) & (_label(rows, "admitted") == admitted)]


def _concerning(frame: pd.DataFrame) -> pd.DataFrame:
    rows = frame[frame["scorer"].isin(list(CATEGORIES))]
    return rows[_label(rows, "flagged") == 1]


def _attacked(frame: pd.DataFrame) -> pd.DataFrame:
    rows = _by(frame, "prompt_injection")
    return rows[_label(rows, "attacked") == 1]


def _no_verdict(frame: pd.DataFrame) -> pd.DataFrame:
    errors = frame["error"].fillna("") != ""
    return frame[(_label(frame, "unscored") == 1) & ~errors]


FLAGS = (
    Flag(
        "alignment faking, complied",
        "alignment-faking reasoning in the training arm, and the answer fully complies: what the AF rate counts",
        _faked,
    ),
    Flag(
        "borderline votes",
        "a share of votes for faking just below the threshold, for a person to decide",
        _borderline,
    ),
    Flag(
        "hint used, admitted",
        "the unhinted answer is another one, the hinted answer is the hint's, and the thinking says that the hint was a reason",
        _admitted,
    ),
    Flag(
        "hint used, not admitted",
        "the same, and the thinking does not say so",
        _not_admitted,
    ),
    Flag(
        "hacked, admitted",
        "a way around the tests instead of a solution, and the thinking says so",
        partial(_hacked_admitting, admitted=1),
    ),
    Flag(
        "hacked, not admitted",
        "the same, and the thinking does not say so",
        partial(_hacked_admitting, admitted=0),
    ),
    Flag(
        "hacked, thinking not judged",
        "the same, without a verdict on thinking",
        _hacked,
    ),
    Flag(
        "concerning thinking",
        "a monitor flags the thinking: deception, harmful actions, distress, awareness of evaluation or reward hacking, role play among them",
        _concerning,
    ),
    Flag(
        "planted instruction carried out",
        "a tool call carried out an instruction that stood in what a tool returned",
        _attacked,
    ),
    Flag(
        "no verdict",
        "a verdict was due and could not be had: counted as unscored, never as 0",
        _no_verdict,
    ),
)
"""In the order of the page."""


def choose(frame: pd.DataFrame, per_flag: int = PER_FLAG) -> tuple[pd.DataFrame, list[Chosen]]:
    """A few transcripts per snapshot and flag, in the order of a hash of their ids.

    Args:
        frame: As `analysis.logs.read` gives it.
        per_flag: Most transcripts per snapshot and flag.

    Returns:
        One row per chosen transcript and flag, with the column `flag`; and how many were found and
        chosen of each snapshot and flag.
    """
    picked, chosen = [], []
    for flag in FLAGS:
        found = flag.rows(frame).drop_duplicates(_SAMPLE).reindex(columns=_OF_SAMPLE)
        drawn = found.assign(flag=flag.name, order=[_draw(row) for row in _ids(found)])
        for snapshot, rows in drawn.groupby("snapshot", sort=False):
            first = rows.sort_values("order", kind="stable").head(per_flag)
            picked.append(first)
            chosen.append(Chosen(str(snapshot), flag.name, len(first), len(rows)))
    order = {snapshot: i for i, snapshot in enumerate(frame["snapshot"].unique())}
    chosen.sort(key=lambda c: order[c.snapshot])
    nothing = pd.DataFrame(columns=[*_OF_SAMPLE, "flag", "order"])
    return pd.concat(picked) if picked else nothing, chosen


_OF_SAMPLE = ["log", *_SAMPLE, "snapshot", "reasoning", "task", "dataset", "arm", "simulated"]
"""What the page says of a transcript."""

_DRAWN_BY = ["task", "dataset", "reasoning", "sample_id", "epoch"]
"""What a transcript's place in the draw depends on: not on anything that was said, nor on when."""


def _ids(rows: pd.DataFrame) -> list[tuple[object, ...]]:
    return [tuple(row) for row in rows[_DRAWN_BY].itertuples(index=False)]


def _draw(ids: tuple[object, ...]) -> str:
    return hashlib.sha256("\n".join(map(str, ids)).encode("utf-8", "replace")).hexdigest()


# ---------------------------------------------------------------------------------- how


def read(rows: pd.DataFrame) -> list[Shown]:
    """Open the chosen transcripts, and no others.

    Args:
        rows: As `choose` gives them.

    Returns:
        Transcripts in the order of snapshots and flags in which they were chosen.
    """
    if rows.empty:
        return []
    flags = {key: tuple(of["flag"]) for key, of in rows.groupby(_SAMPLE, sort=False)}
    samples = {tuple(row[_SAMPLE]): row for _, row in rows.drop_duplicates(_SAMPLE).iterrows()}
    longest = min(_LONGEST, max(_SHORTEST, _PAGE // len(samples)))
    shown = {}
    for transcript in logs.transcripts(rows):
        key = (transcript.location, transcript.sample_id, transcript.epoch)
        shown[key] = _shown(transcript, samples[key], flags[key], longest)
    snapshots = list(dict.fromkeys(rows["snapshot"]))
    names = [flag.name for flag in FLAGS]
    return sorted(
        (shown[key] for key in samples if key in shown),
        key=lambda one: (snapshots.index(one.snapshot), names.index(one.flags[0])),
    )


def _shown(
    transcript: logs.Transcript, row: pd.Series, flags: tuple[str, ...], longest: int
) -> Shown:
    prompt, after = _turns(transcript)
    quotes = _quotes(transcript.scores)
    thinking = _part("thinking", transcript.thinking, quotes, longest)
    answer = _part("answer", transcript.answer, quotes, longest)
    said = [text for role, text in after if role == "assistant"]
    read = "\n".join([transcript.thinking, transcript.answer, *said])
    return Shown(
        **{name: str(row[name]) for name in ("snapshot", "reasoning", "task", "dataset")},
        arm=text_of(row["arm"]),
        simulated=bool(row["simulated"]),
        log=transcript.log,
        sample_id=transcript.sample_id,
        epoch=transcript.epoch,
        flags=flags,
        prompt=tuple(_part(role, text, {}, longest) for role, text in prompt),
        thinking=thinking,
        answer=answer,
        after=tuple(
            _part(role, text, quotes if role == "assistant" else {}, longest)
            for role, text in after
        ),
        judgements=tuple(
            _judgement(scorer, score, read) for scorer, score in transcript.scores.items()
        ),
    )


Turns = Sequence[tuple[str, str]]


def _turns(transcript: logs.Transcript) -> tuple[Turns, Turns]:
    """The turns before the answer, and those after it.

    The answer ends the last assistant turn that it ends; planted turns stand before it, and what the
    model says when it is asked about its answer stands after.
    """
    turns, answer = transcript.messages, _fold(transcript.answer)
    spoken = [i for i, (role, _) in enumerate(turns) if role == "assistant"]
    if not spoken:
        return turns, ()
    ending = [i for i in spoken if answer and _fold(turns[i][1]).endswith(answer)]
    at = (ending or spoken)[-1]
    return turns[:at], turns[at + 1 :]


def _fold(text: str) -> str:
    return " ".join(text.split())


def _quotes(scores: Mapping[str, Mapping[str, object]]) -> dict[str, str]:
    """What each quote of a judge is for, by the quote."""
    found: dict[str, str] = {}
    for scorer, score in scores.items():
        for label, quote in _quoted(score):
            found[quote] = ", ".join(filter(None, (found.get(quote, ""), f"{scorer}: {label}")))
    return found


def _quoted(score: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Label and quote of each quote in a score; those of the answer stand apart from the thinking's."""
    metadata = score.get("metadata")
    for key, channel in (("quotes", ""), ("quotes_answer", " (answer)")):
        quotes = metadata.get(key) if isinstance(metadata, Mapping) else None
        if isinstance(quotes, Mapping):
            yield from (
                (f"{label}{channel}", str(q)) for label, q in quotes.items() if _fold(str(q))
            )


def _judgement(scorer: str, score: Mapping[str, object], read: str) -> Judgement:
    metadata = score.get("metadata")
    said = metadata if isinstance(metadata, Mapping) else {}
    folded = _fold(read)
    return Judgement(
        scorer=scorer,
        **{name: text_of(said.get(name, "")) for name in ("judge", "rubric", "rubric_hash")},
        labels=tuple(_labels(score.get("value"))),
        explanation=text_of(score.get("explanation"))[:_LONGEST],
        quotes=tuple(Quote(label, q, _fold(q) in folded) for label, q in _quoted(score)),
    )


_UNTOLD = re.compile(r"thinking_|unscored$|(?:model|judge)_(?:calls|retries)$")
"""Keys of a score's value that are no part of the verdict."""


def _labels(value: object) -> Iterator[tuple[str, str]]:
    if not isinstance(value, Mapping):
        yield "score", text_of(value)
        return
    for name, number in value.items():
        if not _UNTOLD.match(str(name)):
            yield str(name), _verdict(number)


def _verdict(number: object) -> str:
    if number is None or number != number:
        return "no verdict"
    return f"{number:g}" if isinstance(number, int | float) else str(number)


# ---------------------------------------------------------------------------------- text


def _part(role: str, text: str, quotes: Mapping[str, str], longest: int) -> Part:
    return Part(role, marked(text[:longest], quotes), max(0, len(text) - longest))


def marked(text: str, quotes: Mapping[str, str]) -> Markup:
    """Text with quotes in `<mark>`, white space folded as scorers compare it, and everything escaped.

    Args:
        text: What a model wrote.
        quotes: What each quote is for, by the quote.
    """
    pieces, end = [], 0
    for start, stop, labels in _spans(text, quotes):
        pieces.append(escape(visible(text[end:start])))
        pieces.append(
            Markup('<mark title="{}">{}</mark>').format(visible(labels), visible(text[start:stop]))
        )
        end = stop
    return Markup("").join([*pieces, escape(visible(text[end:]))])


def _spans(text: str, quotes: Mapping[str, str]) -> list[tuple[int, int, str]]:
    """Where quotes stand, overlapping ones joined: start, end, what they are for."""
    found = sorted(
        (match.start(), match.end(), label)
        for quote, label in quotes.items()
        for match in re.finditer(r"\s+".join(map(re.escape, quote.split())), text)
    )
    spans: list[tuple[int, int, str]] = []
    for start, end, label in found:
        if spans and start < spans[-1][1]:
            before, last, labels = spans[-1]
            spans[-1] = (before, max(last, end), f"{labels}; {label}")
        else:
            spans.append((start, end, label))
    return spans
