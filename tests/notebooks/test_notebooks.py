"""The notebooks as they are kept: clean, small, on the package's functions. nbmake runs them (`notebooks/conftest.py`)."""

import ast
import re
from pathlib import Path

import nbformat
import papermill
import pytest
from IPython.core.inputtransformer2 import TransformerManager
from nbformat import NotebookNode

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"

MOST_BYTES = 400_000  # nine ROC curves are 280,000 of them
MOST_LINES = 30
"""Of one cell; imports and the reading of logs are the longest."""

SECTIONS = ("## Question", "## Method", "## What this means, and what it does not", "## Provenance")
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
OF_A_MACHINE = re.compile(
    r"/(home|Users|tmp|root|work|var|mnt|opt)/|[A-Z]:\\\\|site-packages|file://|\d{4}-\d\d-\d\dT\d\d|\.eval\b"
)
"""Paths, moments and names of logs: what differs between machines and runs."""

AWAITING = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT

every_notebook = pytest.mark.parametrize(
    "path", sorted(FOLDER.glob("*.ipynb")), ids=lambda path: path.stem
)


def code(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def prose(notebook: NotebookNode) -> str:
    return "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def shown(notebook: NotebookNode) -> str:
    """All text of all outputs."""
    said = []
    for output in (output for cell in code(notebook) for output in cell.outputs):
        data = output.get("data", {"text/plain": output.get("text", "")})
        said += [text for kind, text in data.items() if kind.startswith("text/")]
    return "\n".join(said)


def test_there_are_four() -> None:
    names = [path.name for path in sorted(FOLDER.glob("*.ipynb"))]
    assert [name[:2] for name in names] == ["01", "02", "03", "04"]
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert all(f"({name})" in readme for name in names)


@every_notebook
def test_reads_as_a_short_paper(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    text = prose(notebook)
    assert text.startswith("# ")
    assert "**Simulated.**" in text
    assert [section for section in SECTIONS if section not in text] == []


@every_notebook
def test_kept_outputs_are_whole_and_of_no_machine(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    cells = code(notebook)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    kinds = {(output.output_type, output.get("name")) for cell in cells for output in cell.outputs}
    assert kinds <= {("execute_result", None), ("display_data", None), ("stream", "stdout")}
    assert any("image/png" in output.get("data", {}) for cell in cells for output in cell.outputs)
    assert "simulated" in shown(notebook).lower()
    assert not OF_A_MACHINE.search(shown(notebook))
    assert path.stat().st_size < MOST_BYTES


@every_notebook
def test_metadata_say_nothing_of_a_run(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    assert notebook.metadata == METADATA
    for cell in notebook.cells:
        assert set(cell.metadata) <= {"tags"}
        assert re.fullmatch(r"\d\d-\d\d", cell.id)


@every_notebook
def test_has_little_code_and_defines_nothing(path: Path) -> None:
    for cell in code(nbformat.read(path, as_version=4)):
        assert len(cell.source.splitlines()) <= MOST_LINES
        python = TransformerManager().transform_cell(cell.source)  # without `%` commands
        tree = compile(python, path.name, "exec", AWAITING)
        defined = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        assert not [node for node in ast.walk(tree) if isinstance(node, defined)]


@every_notebook
def test_takes_its_logs_as_a_parameter(path: Path) -> None:
    wanted = papermill.inspect_notebook(str(path))
    assert {"logs", "calibrations"} <= set(wanted)
    (tagged,) = [cell for cell in code(nbformat.read(path, as_version=4)) if cell.metadata]
    assert tagged.metadata == {"tags": ["parameters"]}
    for name in ("SAYDO_LOGS", "SAYDO_CALIBRATIONS"):
        assert name in tagged.source


def test_papermill_runs_one_on_other_logs(logs_dir: Path, tmp_path: Path) -> None:
    executed = papermill.execute_notebook(
        FOLDER / "01_alignment_faking.ipynb",
        tmp_path / "01.ipynb",
        parameters={"logs": str(logs_dir), "calibrations": str(tmp_path)},
        cwd=FOLDER,
        progress_bar=False,
    )
    said = shown(executed)
    assert "preview-v3.1" in said
    assert "three" in said or "rated" in said  # an arm that the demo does not have
    assert "h-only" not in said
