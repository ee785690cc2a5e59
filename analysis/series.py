"""The series: which snapshots are compared, in which order, and what they are called.

A series file is YAML:

    reference: release            # optional: the label that every snapshot is compared with
    snapshots:
      - claude-3-7-early          # a snapshot of the logs, with or without provider
      - release: anthropic/claude-3-7-sonnet-20250219      # LABEL: name

A sweep file (`saydo sweep`) is a series file too. In the order of release. A label stands in results.csv instead of the name; a bare name stands as the
logs have it. A name without the settings that the logs have behind it, `(reasoning_tokens=4096)`, means
the snapshot under all of them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from analysis.untrusted import quoted

_KEYS = ("reference", "snapshots")
_OF_SWEEP = ("log_dir", "modes", "tasks", "judge", "editor", "ranker", "epochs", "limits")
"""What a sweep file has beside them."""

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Where PyYAML was built with libyaml, ten times as fast."""

_LARGEST, _MOST_NODES, _DEEPEST = 100_000, 100_000, 20
"""Bytes of a file, values in it with its aliases written out, and their depth: far more than any series or sweep has."""

_SETTINGS = re.compile(r" \(\w+=.*\)$", re.DOTALL)
"""What stands behind a snapshot that was run under several generate settings; values may hold anything."""


class BadSeries(ValueError):
    """A series says what cannot be done."""


@dataclass(frozen=True)
class Series:
    """Snapshots in the order of their release.

    Attributes:
        snapshots: Label and name of each; of a bare name the two are the same.
        reference: Label or name of the snapshot that each is compared with, beside the one before it.
    """

    snapshots: tuple[tuple[str, str], ...] = ()
    reference: str | None = None

    @classmethod
    def of(cls, names: Iterable[str], reference: str | None = None) -> Series:
        """A series of bare names, of each the first."""
        return cls(tuple((name, name) for name in dict.fromkeys(names)), reference)


@dataclass(frozen=True)
class Placed:
    """A series as some logs have it.

    Attributes:
        labels: By snapshot of the logs, what it is called; in the order of the series.
        reference: What the reference is called; those of it that were run under several settings.
        problems: What of the series the logs do not have, as (place, problem).
    """

    labels: dict[str, str]
    reference: tuple[str, ...]
    problems: tuple[tuple[str, str], ...]


def load(path: str | Path) -> Series:
    """Read a series file.

    Raises:
        BadSeries: The file is not what the module describes; the sentence says where and what to do.
        OSError: The file cannot be read.
    """
    path = Path(path)
    read = read_yaml(path)
    if not isinstance(read, dict) or not isinstance(read.get("snapshots"), list):
        raise BadSeries(f"{path}: give `snapshots:` with a list of names, or of `LABEL: name`.")
    unknown = [str(key) for key in read if key not in (*_KEYS, *_OF_SWEEP)]
    if unknown:
        raise BadSeries(f"{path}: unknown key {quoted(unknown[0])}: use {' and '.join(_KEYS)}.")
    entries = [_entry(path, place, entry) for place, entry in enumerate(read["snapshots"], 1)]
    if not entries:
        raise BadSeries(f"{path}: `snapshots:` is empty: name at least one snapshot.")
    _check_distinct(path, entries)
    return Series(tuple(entries), _reference(path, read.get("reference"), entries))


def read_yaml(path: Path) -> Any:
    """What a YAML file holds.

    Raises:
        BadSeries: It is not YAML.
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        written = file.read(_LARGEST + 1)
    if len(written) > _LARGEST:
        raise BadSeries(f"{path}: larger than {_LARGEST:,} bytes: check that it is the right file.")
    try:
        text = written.decode("utf-8")
        _check_depth(path, text)
        loader = _LOADER(text)
        root = loader.get_single_node()
        if root is None:
            return None
        _check_nodes(path, root)
        return loader.construct_document(root)
    except yaml.MarkedYAMLError as error:
        line = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise BadSeries(f"{path}{line}: not valid YAML ({quoted(error.problem, str)}).") from None
    except (yaml.YAMLError, UnicodeError):
        raise BadSeries(f"{path}: not valid YAML: write it as plain text.") from None
    except BadSeries:
        raise
    except RecursionError:  # by aliases
        raise BadSeries(f"{path}: nested too deeply: write it flatter.") from None
    except Exception as error:  # where a number or a date is asked for and is none, of any kind
        raise BadSeries(f"{path}: not valid YAML ({quoted(error, str)}).") from None


def _check_depth(path: Path, text: str) -> None:
    """Refuse what no series has, before it is built: the deeper it is, the longer takes every bracket."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise BadSeries(f"{path}: nested too deeply: write it flatter.")


def _check_nodes(path: Path, root: yaml.Node) -> None:
    """Refuse what would be read otherwise than it was meant, or never be done with.

    Raises:
        BadSeries: A key stands twice, of which the last would count; or aliases make very much of little,
            or hold themselves.
        UnicodeEncodeError: Half a character.
    """
    sizes: dict[int, int] = {}

    def size(node: yaml.Node) -> int:
        if id(node) not in sizes:
            sizes[id(node)] = _MOST_NODES + 1  # until it is known: what holds itself has no end
            sizes[id(node)] = 1 + sum(map(size, inner(node)))
        return sizes[id(node)]

    def inner(node: yaml.Node) -> list[yaml.Node]:
        if isinstance(node, yaml.SequenceNode):
            return list(node.value)
        if isinstance(node, yaml.ScalarNode):
            node.value.encode()
            return []
        keys = Counter(key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode))
        if keys and keys.most_common(1)[0][1] > 1:
            line = node.start_mark.line + 1
            twice = quoted(keys.most_common(1)[0][0])
            raise BadSeries(
                f"{path}, below line {line}: the key {twice} stands twice: leave one out."
            )
        return list(chain(*node.value))

    if size(root) > _MOST_NODES:
        raise BadSeries(f"{path}: its aliases (`*name`) expand to too much: write it out.")


def _entry(path: Path, place: int, entry: Any) -> tuple[str, str]:
    """Label and name of an entry."""
    if isinstance(entry, dict) and len(entry) == 1:
        ((label, name),) = entry.items()
    else:
        label = name = entry
    for said in (label, name):
        if not isinstance(said, str) or not said.strip():
            raise BadSeries(
                f"{path}: snapshot {place} must be a name or `LABEL: name`, not {quoted(entry)}: put "
                "quotation marks around what YAML reads as a number or a date."
            )
    return label.strip(), name.strip()


def _check_distinct(path: Path, entries: Sequence[tuple[str, str]]) -> None:
    labels: dict[str, str] = {}
    names: dict[str, str] = {}
    for label, name in entries:
        if names.get(name) == label:
            raise BadSeries(f"{path}: {quoted(label)} stands there twice: leave one out.")
        if name in names:
            both = f"{quoted(names[name])} and {quoted(label)}"
            raise BadSeries(f"{path}: {quoted(name)} has the labels {both}: leave one out.")
        if label in labels:
            both = f"{quoted(labels[label])} and {quoted(name)}"
            raise BadSeries(f"{path}: the label {quoted(label)} is given to {both}: rename one.")
        labels[label], names[name] = name, label


def _reference(path: Path, said: Any, entries: Sequence[tuple[str, str]]) -> str | None:
    labels = {key: label for label, name in reversed(entries) for key in (name, label)}
    if said is None:
        return None
    if not isinstance(said, str) or said not in labels:
        among = quoted(", ".join(label for label, _ in entries), str)
        raise BadSeries(f"{path}: reference {quoted(said)} is not in the list: use one of {among}.")
    return labels[said]


def discover(frame: pd.DataFrame, reference: str | None = None) -> Series:
    """The snapshots of a frame, in the order of their first rows."""
    return Series.of((str(name) for name in frame["snapshot"].dropna().unique()), reference)


def place(series: Series, found: Sequence[str]) -> Placed:
    """Find a series in the snapshots of some logs; snapshots that it does not name follow.

    Args:
        series: The series.
        found: Snapshots of the logs, in the order of their first rows.
    """
    labels: dict[str, str] = {}
    problems = []
    for label, name in series.snapshots:
        meant = _meant(name, found)
        fresh = [snapshot for snapshot in meant if snapshot not in labels]
        if not meant:
            problems.append(_problem(f"no log has the snapshot {name}: check the name"))
        elif not fresh:
            problems.append(_problem(f"{name} is named before under another name: leave one out"))
        called = {snapshot: _called(label, name, snapshot) for snapshot in fresh}
        if label != name and _are_several(fresh):
            problems.append(_ambiguous(name, fresh))
            called = {snapshot: snapshot for snapshot in fresh}
        labels |= called
    labels |= {snapshot: snapshot for snapshot in found if snapshot not in labels}
    taken = [label for label in labels.values() if list(labels.values()).count(label) > 1]
    if taken:
        problems.append(_problem(f"the label {taken[0]} is a snapshot's own name: choose another"))
        labels = {snapshot: snapshot for snapshot in labels}
    return Placed(labels, *_placed_reference(series, labels, problems))


def _problem(said: str) -> tuple[str, str]:
    return "series", said


def _ambiguous(name: str, snapshots: Sequence[str]) -> tuple[str, str]:
    return _problem(f"{name} can be {', '.join(snapshots)}: give it with its provider")


def _are_several(snapshots: Sequence[str]) -> bool:
    """Whether they are more than one snapshot under several settings."""
    return len({_bare(snapshot) for snapshot in snapshots}) > 1


def _meant(name: str, found: Sequence[str]) -> list[str]:
    """Snapshots that a name means: as it stands, else without provider."""
    full = [snapshot for snapshot in found if name in (snapshot, _bare(snapshot))]
    return full or [s for s in found if name in (_short(s), _short(_bare(s)))]


def _short(snapshot: str) -> str:
    return snapshot.split("/", 1)[-1]


def _bare(snapshot: str) -> str:
    """A snapshot without the settings behind it."""
    return _SETTINGS.sub("", snapshot)


def _called(label: str, name: str, snapshot: str) -> str:
    """What a snapshot is called: a bare name stands as the logs have it, a label has its settings behind it."""
    if label == name:
        return snapshot
    settings = _SETTINGS.search(snapshot)
    return f"{label}{settings.group()}" if settings and not _SETTINGS.search(name) else label


def _placed_reference(
    series: Series, labels: dict[str, str], problems: Sequence[tuple[str, str]]
) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    """What the reference is called, and the problems with what is wrong with it."""
    if series.reference is None:
        return (), tuple(problems)
    name = dict(series.snapshots).get(series.reference, series.reference)
    meant = _meant(name, list(labels))
    if not meant:
        said = f"no log has the reference {series.reference}: nothing is compared with it"
        return (), (*problems, _problem(said))
    if _are_several(meant):
        return (), (*problems, _ambiguous(f"the reference {series.reference}", meant))
    return tuple(labels[snapshot] for snapshot in meant), tuple(problems)
