"""What the lexical judge says of the bundled transcripts, as committed in `lexical_verdicts.csv`.

    python -m tests.data.lexical_verdicts

writes that file anew, after a change of the judge or of the transcripts that is meant.
"""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from analysis.bundled import data_path
from paper_figures.labelling import json_lines, label
from scorers.judges.verdict import OUTCOMES

SETS = ("compliance", "alignment_faking", "acknowledgement")
"""Each set of transcripts is named as the rubric that it is judged by."""

FILE = Path(__file__).with_name("lexical_verdicts.csv")
COLUMNS = ["set", "id", "verdict"]
CANARY = "saydo-canary-7f3a9c52-e1b4-4d0e-9a68-2c5d81f0b7ae"


def source(name: str) -> Path:
    """The transcripts of a set."""
    return data_path("transcripts", f"{name}.jsonl")


def judged(name: str, folder: Path) -> Path:
    """The lexical judge's verdicts on a set, as `saydo label` writes them into `folder`."""
    target = folder / f"{name}.jsonl"
    label(source(name), target, name, "lexical")
    return target


def table(targets: Mapping[str, Path]) -> pd.DataFrame:
    """Columns `COLUMNS`, one row per transcript, in the order of the files.

    Args:
        targets: Set to the verdicts on it, from `judged`.
    """
    rows = [
        (name, row["id"], _said(row))
        for name, path in targets.items()
        for _, row in json_lines(path)
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def _said(row: Mapping[str, Any]) -> str:
    """The outcome where the rubric has three of them, else `true`, `false` or `unscored`."""
    if row["verdict"] is None:
        return "unscored"
    outcomes = (name for name in OUTCOMES if row["criteria"].get(name))
    return next(outcomes, str(row["verdict"]).lower())


def committed() -> pd.DataFrame:
    """The table as it was committed."""
    return pd.read_csv(FILE, comment="#", dtype=str)


def renew() -> None:
    """Write the table anew."""
    with TemporaryDirectory() as folder:
        found = table({name: judged(name, Path(folder)) for name in SETS})
    FILE.write_text(f"# {CANARY}\n{found.to_csv(index=False)}", encoding="utf-8")


if __name__ == "__main__":
    renew()
