"""A server for hand use: `python -m tests.messages_server final --port 8123`."""

import signal
import time
from typing import get_args

import click

from organisms.planted import names
from tests.messages_server import Thinking, serve
from tests.messages_server.faults import transient
from tests.messages_server.openai import ThinkingIn


@click.command()
@click.argument("organism", type=click.Choice(names()))
@click.option("--port", default=8123, show_default=True)
@click.option("--thinking", type=click.Choice(get_args(Thinking)), default="raw", show_default=True)
@click.option("--thinking-in", type=click.Choice(get_args(ThinkingIn)), default="reasoning_content")
@click.option("--faults", default=0.0, help="Share of requests that meet a transient fault.")
@click.option("--seed", default=0, help="Of the faults.")
def main(
    organism: str, port: int, thinking: Thinking, thinking_in: ThinkingIn, faults: float, seed: int
) -> None:
    """Serve ORGANISM on loopback until interrupted, and count what became of the requests."""
    signal.signal(
        signal.SIGINT, signal.default_int_handler
    )  # what starts in the background ignores it
    script = transient(faults, seed)
    with serve(
        organism, thinking=thinking, thinking_in=thinking_in, script=script, port=port
    ) as server:
        click.echo(f"{organism} answers at {server.url} (Anthropic), {server.openai_url} (OpenAI)")
        try:
            while True:
                time.sleep(1)
        except KeyboardInterrupt:
            for outcome, n in server.outcomes().most_common():
                click.echo(f"{outcome}: {n}")


if __name__ == "__main__":
    main()
