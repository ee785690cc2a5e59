"""Execute the notebooks in place for a commit: `python notebooks/execute.py`, after `make demo`.

Times, paths, and the Python that they ran on are left out, so that the same logs give the same files.
"""

from pathlib import Path

import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).resolve().parent

METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
"""Of every notebook, whatever it was last opened with."""


def execute(path: Path) -> None:
    """Run all cells of a notebook and write it back; one that fails stays as it was."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        cell.metadata = {key: cell.metadata[key] for key in ("tags",) if key in cell.metadata}
    NotebookClient(notebook, record_timing=False, kernel_name="python3").execute(cwd=FOLDER)
    notebook.metadata = METADATA
    nbformat.write(notebook, path)


if __name__ == "__main__":
    for path in sorted(FOLDER.glob("0*.ipynb")):
        execute(path)
        print(f"{path.name}: {path.stat().st_size // 1000} kB")
