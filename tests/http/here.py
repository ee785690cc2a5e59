"""A sandbox of tests: this machine itself, for what an organism writes behind the messages server.

The product refuses `local` to models that are no organisms, and rightly: it cannot know who answers at an address. A test
knows. `python -m tests.http.here eval ...` is `inspect eval ...` where this sandbox is known.
"""

import sys
from typing import Any

from inspect_ai._cli.main import main
from inspect_ai.util import ExecResult, SandboxEnvironment, sandboxenv
from inspect_ai.util._sandbox.local import LocalSandboxEnvironment

HERE = "here"


@sandboxenv(name=HERE)
class Here(SandboxEnvironment):
    """Inspect's `local`, by another name."""

    def __init__(self) -> None:
        super().__init__()
        self.local = LocalSandboxEnvironment()

    @classmethod
    async def sample_init(cls, *args: Any) -> dict[str, SandboxEnvironment]:
        """One folder for each sample."""
        return {"default": cls()}

    @classmethod
    async def sample_cleanup(
        cls,
        task_name: str,
        config: Any,
        environments: dict[str, SandboxEnvironment],
        interrupted: bool,
    ) -> None:
        """Delete it."""
        for one in environments.values():
            one.as_type(cls).local.directory.cleanup()

    async def exec(self, cmd: list[str], *args: Any, **options: Any) -> ExecResult[str]:
        """Run a command; Python is the one that runs the tests."""
        program = sys.executable if cmd[0] == "python3" else cmd[0]
        return await self.local.exec([program, *cmd[1:]], *args, **options)

    async def write_file(self, file: str, contents: str | bytes) -> None:
        """Write a file in the sample's folder."""
        await self.local.write_file(file, contents)

    async def read_file(self, file: str, text: bool = True) -> Any:  # type: ignore[override]
        """Read one."""
        return await self.local.read_file(file, text)  # type: ignore[call-overload]


if __name__ == "__main__":
    sys.argv[0] = "inspect"
    main()
