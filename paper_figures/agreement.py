"""`saydo agreement`: two scorers' verdicts on the same samples (METHODS §5, agreement)."""

import click

from analysis.logs import read
from analysis.validation import side_by_side
from paper_figures import cells
from paper_figures.console import in_one_sentence, show


@click.command("agreement")
@click.argument("logs")
@click.option("--ours", required=True, help="SCORER.KEY, for example acknowledgement.acknowledged.")
@click.option("--theirs", required=True, help="SCORER.KEY of the judge to compare with.")
@in_one_sentence
def agreement_command(logs: str, ours: str, theirs: str) -> None:
    """Compare two scorers' verdicts on the same samples of LOGS: raw agreement, kappa, prevalence."""
    show(cells.agreement(side_by_side(read(logs), ours, theirs), ours, theirs))
