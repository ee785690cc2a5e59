"""The console script `saydo`."""

from importlib import import_module

import click

COMMANDS = {
    "agreement": "paper_figures.agreement",
    "demo": "paper_figures.demo",
    "hijacks": "paper_figures.hijacks",
    "label": "paper_figures.labelling",
    "plan": "paper_figures.plan",
    "report": "paper_figures.report",
    "score": "paper_figures.rescoring",
    "sheet": "paper_figures.sheet",
    "sweep": "paper_figures.sweep",
    "validate": "paper_figures.validate",
}
"""The module of each command, which has it as `NAME_command`."""


class _Commands(click.Group):
    """Loads the one that is asked for: tasks, judges and figures each take seconds to import."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(COMMANDS[name]), f"{name}_command")
        return command


@click.group(cls=_Commands)
def main() -> None:
    """Measure the gap between what language models say and what they do."""
