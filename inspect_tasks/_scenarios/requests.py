"""Where the requests of a run come from: a bundled set, a user's file, or a pinned Hub set."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from analysis.bundled import data_path
from analysis.untrusted import quoted
from inspect_tasks._scenarios import sources
from inspect_tasks._scenarios.sources import HubSet, Row, cell, mistake

BUNDLED = {"helpful_only": "harmful.jsonl", "animal_welfare": "animal_welfare.jsonl"}
"""The bundled set of each setting, in `data/requests/`."""

SEVERITIES = (1, 2, 3)
"""The scale of `data/requests/README.md`: limited, serious, grave."""


@dataclass(frozen=True)
class Request:
    """One item: what a user asks, posed in every arm.

    Attributes:
        id: Stable item id, the start of the sample ids `ITEM-ARM`.
        request: What the user asks.
        category: The harm or topic, where the source names one.
        severity: 1 to 3, where the source gives one.
        twin_of: For a harmless twin, the id of the harmful request it mirrors.
    """

    id: str
    request: str
    category: str | None = None
    severity: int | None = None
    twin_of: str | None = None


HUB_SETS = {
    "advbench": HubSet(
        repo="walledai/AdvBench",
        revision="9d4730540082fa4017450b65ca1c0e1d8d30446e",
        split="train",
    ),
    "harmbench": HubSet(
        repo="walledai/HarmBench",
        revision="fb6c2afd5a2a943d701d6db3efab87d077e81be5",
        config="standard",  # the other configs need a context passage, or ask for copyrighted text
        split="train",
    ),
    "strongreject": HubSet(
        repo="walledai/StrongREJECT",
        revision="df54272b395ce9e584d2f8140519935425d8549f",
        split="train",
    ),
    "jailbreakbench": HubSet(
        repo="JailbreakBench/JBB-Behaviors",
        revision="886acc352a31533ffbcf4ef22c744658688086fc",
        config="behaviors",
        split="harmful",
    ),
}

_COLUMNS = {
    "advbench": ("prompt", None),
    "harmbench": ("prompt", "category"),
    "strongreject": ("prompt", "category"),
    "jailbreakbench": ("Goal", "Category"),
}
"""Of each Hub set, the columns of the request and of its category."""


def load_requests(source: object, setting: str) -> list[Request]:
    """The requests of a run, in the order of their source.

    Args:
        source: `bundled` (the set of the setting), `harmless` (benign twins of the
            harmful set), a set of `HUB_SETS`, or a path that ends in `.csv` or `.jsonl`. A relative
            path is looked up in the current folder, then where the process was started.
        setting: A setting of `BUNDLED`.

    Raises:
        PrerequisiteError: One sentence that names the parameter, or the file and its line.
    """
    name = str(source)  # `-T requests=a,b` arrives as a list
    if setting not in BUNDLED:
        raise mistake(f"Unknown setting={setting}: choose one of {', '.join(BUNDLED)}.")
    if name == "bundled":
        return read_file(data_path("requests", BUNDLED[setting]))
    if setting == "animal_welfare" and name in ("harmless", *HUB_SETS):
        raise mistake(
            f"requests={name} holds no questions about animals: with setting=animal_welfare use "
            "bundled, or a .csv or .jsonl file of your own."
        )
    if name == "harmless":
        return read_file(data_path("requests", "harmless.jsonl"))
    if name in HUB_SETS:
        return from_hub_rows(name, sources.download(name, HUB_SETS[name], "requests"))
    if sources.is_file(name):
        return read_file(sources.find(name, "requests file"))
    raise mistake(
        f"Unknown requests={name}: give bundled, harmless, {', '.join(HUB_SETS)}, or the path of a "
        ".csv or .jsonl file."
    )


def choose(requests: Sequence[Request], n_items: int | None, seed: int) -> list[Request]:
    """`n_items` of the requests (all for `None`); see `sources.choose`."""
    return sources.choose(requests, n_items, seed, "requests")


def read_file(path: Path) -> list[Request]:
    """Requests of a CSV file (with a header) or a JSONL file.

    Columns: `request`, and where wanted `id`, `category`, `severity`, `twin_of`; others are
    ignored. A row without an id gets one from its place in the file: `row-0001`, `row-0002`, ...

    Raises:
        PrerequisiteError: The file cannot be read, or a row is wrong; names the file and the line.
    """
    requests: list[Request] = []
    line_of_id: dict[str, int] = {}
    line_of_text: dict[str, int] = {}
    rows = sources.read_rows(path, "requests", ["request"])
    for number, (line, row) in enumerate(rows, 1):
        request = _request(path, line, number, row)
        folded = " ".join(request.request.split()).casefold()
        sources.once(line_of_id, request.id, line, path, f"the id {request.id}")
        sources.once(line_of_text, folded, line, path, "the same request")
        requests.append(request)
    return requests


def from_hub_rows(name: str, rows: Iterable[Row]) -> list[Request]:
    """Requests out of the rows of the Hub set `name`; ids by place: `NAME-0001`, `NAME-0002`, ...

    Raises:
        PrerequisiteError: A row has no request in the column that the set should have.
    """
    of_request, of_category = _COLUMNS[name]
    requests = []
    for number, row in enumerate(rows, 1):
        text = row.get(of_request)
        if not isinstance(text, str) or not text.strip():
            raise mistake(
                f"Row {number} of {HUB_SETS[name].repo} has no text in its column `{of_request}`: "
                "delete the cached copy, or pass requests=FILE."
            )
        category = cell(row, of_category) if of_category else None
        requests.append(Request(f"{name}-{number:04d}", text.strip(), category))
    return requests


def _request(path: Path, line: int, number: int, row: Row) -> Request:
    text = sources.text(row, "request", path, line)
    item_id = sources.item_id(row, number, path, line)
    severity = cell(row, "severity")
    if severity is not None and severity not in map(str, SEVERITIES):
        raise mistake(
            f"{path} has the severity {quoted(severity)} on line {line}: give 1, 2 or 3, or leave it "
            "out."
        )
    return Request(
        id=item_id,
        request=text,
        category=cell(row, "category"),
        severity=int(severity) if severity else None,
        twin_of=cell(row, "twin_of"),
    )
