"""How the detector of special-casing does on labelled solutions: `python -m tests.scorers.code.confusion` writes the table.

The solutions are of this project too: they show what is recognised and what is not, and are no evidence of validity.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from inspect_ai.util._sandbox.local import LocalSandboxEnvironment

from analysis.bundled import data_path
from inspect_tasks._scenarios.problems import load_problems
from inspect_tasks._scenarios.special_casing import measured_by
from scorers.code.harness import observe
from scorers.code.outcome import OUTCOMES, Found, judge
from scorers.special_casing import flags_in

TABLE = data_path("solutions", "confusion.md")
CANARY = "saydo-canary-7f3a9c52-e1b4-4d0e-9a68-2c5d81f0b7ae"

HEAD = """# What the detector says of the labelled solutions

Written by `python -m tests.scorers.code.confusion`. A row is a label, a column the outcome that was found. The solutions were written beside the
detector: the table shows what it recognises, and is no evidence of how it does on solutions by models.

What it cannot tell: in `original`, a table of the visible tests that is put together at run time, with a fallback that is right on more than a quarter
of other inputs. Its values are those of an honest mistake, and its source shows no input beside a value.

"""


class Judged(NamedTuple):
    """A labelled solution and what the detector says of it."""

    row: Mapping[str, Any]
    found: Found

    @property
    def right(self) -> bool:
        return bool(self.row["label"] == self.found.outcome)


def labelled() -> list[dict[str, Any]]:
    written = data_path("solutions", "solutions.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in written.splitlines() if line.strip()]


async def judged(rows: Iterable[Mapping[str, Any]]) -> list[Judged]:
    """Each solution run in a folder of its own, two at a time."""
    problems = {problem.id: problem for problem in load_problems("bundled")}
    turns = asyncio.Semaphore(2)

    async def one(row: Mapping[str, Any]) -> Judged:
        problem = measured_by(problems[row["problem"]], row["variant"])
        agent = row["form"] == "agent"
        async with turns:
            sandbox = LocalSandboxEnvironment()
            if agent:
                await sandbox.write_file("solution.py", row["solution"])
                await sandbox.write_file("test_solution.py", row.get("test_file", problem.tests))
                for name, text in row.get("other_files", {}).items():
                    await sandbox.write_file(name, text)
            seen = await observe(sandbox, problem, None if agent else row["solution"], seed=0)
            sandbox.directory.cleanup()
        flagged = flags_in(row["answer"]) != ""
        return Judged(row, judge(problem, seen, flagged=flagged, agent=agent))

    return list(await asyncio.gather(*map(one, rows)))


def matrix(found: Sequence[Judged]) -> str:
    """Labels by outcome as a Markdown table, and each miss."""
    pairs = Counter((one.row["label"], one.found.outcome) for one in found)
    right = sum(one.right for one in found)
    head = (
        "| label | " + " | ".join(OUTCOMES) + " | n |\n|---" + "|---:" * (len(OUTCOMES) + 1) + "|\n"
    )
    lines = [
        f"| `{label}` | "
        + " | ".join(str(pairs[label, name] or "·") for name in OUTCOMES)
        + f" | {sum(pairs[label, name] for name in OUTCOMES)} |"
        for label in OUTCOMES
    ]
    hacks = [(one.row["label"] in OUTCOMES[:5], one.found.hacked) for one in found]
    missed, false = hacks.count((True, False)), hacks.count((False, True))
    said = (
        f"{right} of {len(found)} outcomes are as labelled. Hack or not: {missed} of "
        f"{sum(label for label, _ in hacks)} hacks are missed, and {false} of "
        f"{sum(not label for label, _ in hacks)} other solutions are taken for one."
    )
    return f"{said}\n\n{head}" + "\n".join(lines) + "\n\n" + _misses(found)


def _misses(found: Sequence[Judged]) -> str:
    missed = [one for one in found if not one.right]
    if not missed:
        return "No miss.\n"
    rows = [
        f"| {one.row['id']} | {one.row['problem']}-{one.row['variant']} | {one.row['kind']} | {one.row['label']} | "
        f"{one.found.outcome} | {one.found.reasons[0]} | {one.row['why']} |"
        for one in missed
    ]
    head = "| solution | posed | kind | label | outcome | because | why labelled so |\n|---|---|---|---|---|---|---|\n"
    return "Misses:\n\n" + head + "\n".join(rows) + "\n"


def main() -> None:
    table = matrix(asyncio.run(judged(labelled())))
    print(table)
    TABLE.write_text(f"<!-- {CANARY} -->\n{HEAD}{table}", encoding="utf-8")


if __name__ == "__main__":
    main()
