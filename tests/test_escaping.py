"""Logs of which every string is an attack: what of them a page, a table, a figure, a terminal and a sentence show."""

import csv
import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner
from inspect_ai import eval
from inspect_ai._util.error import PrerequisiteError
from inspect_ai.log import EvalLog, read_eval_log
from markdown_it import MarkdownIt
from playwright.sync_api import Browser, sync_playwright

from analysis.untrusted import on_one_line, visible
from inspect_tasks._scenarios import requests
from paper_figures import console
from paper_figures.cli import main
from paper_figures.console import in_one_sentence
from tests import foreign
from tests.conftest import QUIET, hinted, posed
from tests.fuzz import hostile
from tests.fuzz.hostile import ATTACKS, TAKEN
from tests.paper_figures.pages import Page, page_of

_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)
"""What steers a terminal, shows nothing, or turns the direction of text."""

_STYLE = re.compile(r"\x1b\[[\d;]*m")
"""What rich writes to a terminal to colour a word."""

Forge = Callable[[EvalLog, str, int], EvalLog]


def made_logs(folder: Path, every: bool) -> Path:
    """Logs of ours, of ours with hints, and of another project's, forged by each attack; or each attack once."""
    plain = [posed("final", "extended", 4), hinted("final", "extended", 4, ask=False)]
    made = eval([*plain, foreign.posed("letters", "late", "standard")], log_dir=str(folder / "plain"), **QUIET)  # fmt: skip
    faking, clues, other = (read_eval_log(log.location) for log in made)
    kinds: list[tuple[Forge, EvalLog]] = [
        *((hostile.forged, faking), (hostile.hinted, clues), (hostile.foreign, other)),
        (hostile.broken, other),
    ]
    for i, attack in enumerate(ATTACKS.values()):
        for j, (forge, log) in enumerate(kinds):
            if every or i % len(kinds) == j:
                hostile.write(forge(log, attack, 10 * i + j), folder / "logs", attack, 10 * i + j)
    return folder / "logs"


@dataclass(frozen=True)
class Reported:
    """A report on such logs, and what the command printed."""

    logs: Path
    out: Path
    said: str

    def files(self, pattern: str) -> Iterator[tuple[str, str]]:
        """Names and texts of files, at least one."""
        found = sorted(self.out.glob(pattern))
        assert found, pattern
        yield from ((path.name, path.read_text(encoding="utf-8")) for path in found)


@pytest.fixture(scope="module", params=["each", pytest.param("every", marks=pytest.mark.slow)])
def reported(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Reported:
    folder = tmp_path_factory.mktemp("hostile")
    logs, out = made_logs(folder, request.param == "every"), folder / "out"
    run = CliRunner().invoke(main, ["report", str(logs), "--out", str(out)])
    assert run.exit_code == 0, run.output
    return Reported(logs, out, run.output)


@pytest.fixture(scope="module")
def page(reported: Reported) -> Page:
    return page_of(reported.out)


def assert_seen(text: str) -> None:
    """Nothing in a text acts, or is not there to be seen."""
    found = _UNSEEN.search(text)
    assert found is None, repr(text[max(0, found.start() - 200) : found.end() + 40])


# ---------------------------------------------------------------------------------- the page


def test_the_page_shows_every_attack_as_text(reported: Reported, page: Page) -> None:
    (_, text), *_ = reported.files("report.html")
    assert_seen(text)
    assert page.open == []
    assert page.tags.count("script") == 1
    assert not {"iframe", "object", "embed", "base", "svg", "link"} & set(page.tags)
    assert all(link.startswith(("#", "https://")) for link in page.links)
    assert all(source.startswith("data:image/svg+xml;base64,") for source in page.loads)
    for attack in ATTACKS.values():
        words = " ".join(visible(attack).split())
        assert words in page.words, words


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        pytest.skip("no Chromium")
    with sync_playwright() as started:
        chromium = started.chromium.launch(
            executable_path=found, args=["--no-sandbox", "--disable-gpu"]
        )
        yield chromium
        chromium.close()


def test_nothing_of_it_runs_or_is_asked_for_in_a_browser(
    browser: Browser, reported: Reported
) -> None:
    address = (reported.out / "report.html").as_uri()
    asked: list[str] = []
    happened: list[str] = []
    tab = browser.new_page()
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("dialog", lambda dialog: happened.append(dialog.message))
    tab.on("popup", lambda popup: happened.append(popup.url))
    tab.on("pageerror", lambda error: happened.append(str(error)))
    tab.on("console", lambda message: happened.append(message.text))
    tab.goto(address)
    tab.evaluate("document.querySelectorAll('details').forEach((d) => (d.open = true))")
    tab.select_option("select[name=flag]", index=1)
    tab.fill("input[name=text]", "<script>")
    tab.wait_for_load_state("networkidle")
    assert tab.title() == "saydo report" != TAKEN
    assert [url for url in asked if not url.startswith("data:image/")] == [address]
    assert happened == []
    tab.close()


# ---------------------------------------------------------------------------------- tables, figures

_FORMULA = re.compile(r"[=+\-@\t\r\n＝＋－＠]")
_OF_OURS = re.compile(r"[+-][\d.]+(e-\d+)?( \[.*\])?[ \w=†]*")
"""A number of ours that begins with a sign."""


def test_no_spreadsheet_finds_a_formula(reported: Reported) -> None:
    n_cells = 0
    for name, text in [*reported.files("results.csv"), *reported.files("tables/*.csv")]:
        assert_seen(text)
        for row in csv.reader(text.splitlines(keepends=True)):
            n_cells += len(row)
            formulas = [
                cell for cell in row if _FORMULA.match(cell) and not _OF_OURS.fullmatch(cell)
            ]
            assert formulas == [], name
    assert n_cells > 1_000


def test_tables_in_markdown_hold_no_link_and_no_markup(reported: Reported) -> None:
    for name, text in reported.files("tables/*.md"):
        assert_seen(text)
        parsed = MarkdownIt("commonmark").enable("table").parse(text)
        inline = [token for block in parsed for token in block.children or ()]
        kinds = {token.type for token in (*parsed, *inline)}
        assert not kinds & {
            "link_open",
            "image",
            "html_block",
            "fence",
            "code_block",
            "heading_open",
        }, name
        html = {token.content for token in inline if token.type == "html_inline"}
        assert html <= {"<u>", "</u>"}, name


_COMMANDS = {
    *("textbackslash", "textasciitilde", "textasciicircum", "textless", "textgreater", "textbar"),
    *("textquotedblright", "textquotedblleft", "textquoteleft", "textquoteright", "textendash", "textemdash"),
    *("textbf", "underline", "textsuperscript", "dots", "geq", "leq", "neq", "times", "kappa", "alpha"),
    *("dagger", "cdot", "pm", "allowbreak", "saydostack", "saydohead", "saydofit", "begin", "end", "caption"),
    *("label", "centering", "small", "footnotesize", "scriptsize", "toprule", "midrule", "bottomrule"),
    *("providecommand", "usepackage", "resizebox", "ifdim", "width", "linewidth", "else", "fi", "setlength"),
    *("tabcolsep", "rotatebox", "textheight"),
}  # fmt: skip


def test_tables_in_latex_have_our_commands_alone(reported: Reported) -> None:
    for name, text in reported.files("tables/*.tex"):
        assert_seen(text)
        plain = text.replace("\\\\", "")
        assert set(re.findall(r"\\([A-Za-z]+)", plain)) <= _COMMANDS, name
        bare = re.sub(r"\\[^A-Za-z]", "", plain)
        assert bare.count("{") == bare.count("}"), name
        assert len(re.findall(r"\$", bare)) == 2 * len(re.findall(r"\$(?:-|\\[a-z]+)\$", bare)), (
            name
        )
        environments = set(re.findall(r"\\(?:begin|end)\{(\w+)\}", plain))
        assert environments <= {"table", "tabular", "minipage"}, name


def test_tables_in_html_have_our_tags_alone(reported: Reported) -> None:
    for name, text in reported.files("tables/*.html"):
        assert_seen(text)
        tags = set(re.findall(r"<([a-zA-Z]+)", text))
        assert not tags & {"script", "img", "svg", "a", "iframe", "object", "link", "meta"}, name
        assert not re.search(r"<[^>]*\son\w+\s*=", text), name


def test_figures_hold_no_script_and_no_address(reported: Reported) -> None:
    for name, text in reported.files("figures/*.svg"):
        assert_seen(text)
        for element in ElementTree.fromstring(text.encode()).iter():
            kind = element.tag.rpartition("}")[2]
            assert kind not in ("script", "foreignObject", "a", "image", "animate", "set"), name
            for attribute, value in element.attrib.items():
                assert not attribute.lower().startswith("on"), name
                assert not attribute.endswith("href") or value.startswith("#"), name
    for kind in ("png", "pdf"):
        assert len(list(reported.out.glob(f"figures/*.{kind}"))) == len(list(reported.files("figures/*.svg")))  # fmt: skip


# ---------------------------------------------------------------------------------- the terminal


def test_what_a_report_prints_is_seen(reported: Reported) -> None:
    assert_seen(reported.said)
    assert "\x1b" not in reported.said
    assert "␛[31mred" in reported.said
    assert not any(line.startswith("good") for line in reported.said.splitlines())


def test_on_a_terminal_nothing_but_our_colours_steers_it(
    reported: Reported, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console.console, "_force_terminal", True)
    log = next(iter(reported.logs.iterdir()))
    scorer = f"{ATTACKS['terminal']}.{ATTACKS['markdown']}"
    for arguments in (
        ["agreement", str(reported.logs), "--ours", scorer, "--theirs", scorer],
        ["report", str(log.parent / "\x1b[31m"), "--out", str(reported.out.parent / "none")],
    ):
        run = CliRunner().invoke(main, arguments)
        assert run.exit_code == 1
        assert_seen(_STYLE.sub("", run.output))
    with console.console.capture() as printed:
        console.console.print(*ATTACKS.values())
    assert_seen(_STYLE.sub("", printed.get()))


def rows_of(attack: str) -> str:
    return json.dumps({"id": attack, "text": attack, "label": attack}) + "\n"


def label(folder: Path, attack: str) -> list[str]:
    """Two rows of one id."""
    (folder / "in.jsonl").write_text(rows_of(attack) * 2)
    return ["label", str(folder / "in.jsonl"), str(folder / "out.jsonl"), "--rubric", "compliance", "--judge", "lexical"]  # fmt: skip


def of_another_judge(folder: Path, attack: str) -> list[str]:
    """Verdicts in the target of a judge with a hostile name."""
    (folder / "out.jsonl").write_text(
        json.dumps({"id": "a", "judge": attack, "rubric": attack}) + "\n"
    )
    arguments = label(folder, attack)
    (folder / "in.jsonl").write_text(rows_of(attack))
    return arguments


def no_judge(folder: Path, attack: str) -> list[str]:
    return [*label(folder, attack)[:-1], attack.replace("\0", "")]


def sweep(folder: Path, attack: str) -> list[str]:
    text = on_one_line(attack) if _UNSEEN.search(attack) else attack
    (folder / "in.yaml").write_text(json.dumps({"log_dir": str(folder / "logs"), "snapshots": [{text: attack}], "tasks": [attack], attack: attack}))  # fmt: skip
    return ["sweep", str(folder / "in.yaml"), "--dry-run"]


def series(folder: Path, attack: str) -> list[str]:
    (folder / "in.yaml").write_text(json.dumps({"snapshots": [attack], "reference": f"{attack} b"}))
    return [
        "report",
        str(folder),
        "--out",
        str(folder / "out"),
        "--series",
        str(folder / "in.yaml"),
    ]


def calibration(folder: Path, attack: str) -> list[str]:
    (folder / "in.json").write_text(json.dumps({"judge": attack, attack: attack}))
    return ["report", str(folder), "--out", str(folder / "out"), "--calibration", str(folder / "in.json")]  # fmt: skip


def plan(folder: Path, attack: str) -> list[str]:
    return ["plan", "--task", "alignment_faking", "--model", attack]


def no_folder(folder: Path, attack: str) -> list[str]:
    return ["report", f"{folder}/{attack}", "--out", str(folder / "out")]


WRONG = (label, of_another_judge, no_judge, sweep, series, calibration, plan, no_folder)


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_wrong_is_one_line(
    wrong: Callable[[Path, str], list[str]], attack: str, tmp_path: Path
) -> None:
    run = CliRunner().invoke(main, wrong(tmp_path, ATTACKS[attack]))
    assert run.exit_code in (1, 2)
    assert_seen(run.output)
    said = run.output.splitlines()
    assert said[-1].startswith("Error: "), run.output
    assert run.exit_code == 2 or len(said) == 1, run.output
    assert isinstance(run.exception, SystemExit)


@pytest.mark.parametrize("attack", ATTACKS)
def test_transcripts_with_hostile_names_are_judged_in_peace(attack: str, tmp_path: Path) -> None:
    arguments = label(tmp_path, ATTACKS[attack])
    (tmp_path / "in.jsonl").write_text(rows_of(ATTACKS[attack]))
    run = CliRunner().invoke(main, arguments)
    assert run.exit_code == 0, run.output
    assert_seen(run.output)
    (row,) = map(
        json.loads, (tmp_path / "out.jsonl").read_text(encoding="utf-8").strip().split("\n")
    )
    assert row["id"] == ATTACKS[attack], "data are kept as they are"


@pytest.mark.parametrize("attack", ATTACKS)
def test_sentences_of_tasks_are_printed_as_they_are(attack: str, tmp_path: Path) -> None:
    """Inspect prints them as markup, and without a look at what they hold."""
    path = tmp_path / "in.csv"
    path.write_text(f'"{ATTACKS[attack]}"\nWhy?\n'.replace("\"'", "'"), encoding="utf-8")
    with pytest.raises(PrerequisiteError) as error:
        requests.read_file(path)
    assert_seen(str(error.value))
    with console.console.capture() as printed:
        console.console.print(str(error.value), markup=True)
    assert "[red]" not in str(error.value) or "[red]" in printed.get()


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ValueError("a\x1b[31m\nb"), "Error: a␛[31m␊b\n"),
        (PrerequisiteError("No [bold][blue]KEY[/blue][/bold]."), "Error: No KEY.\n"),
        (PrerequisiteError("No [/] and \x1b[31m"), "Error: No [/] and ␛[31m\n"),
        (PrerequisiteError(r"pip install 'saydo\[datasets]'"), "Error: pip install 'saydo[datasets]'\n"),
        (OSError(2, "No such file", "a\x1b\nb"), "Error: a␛␊b: No such file.\n"),
        (OSError("it is not a file"), "Error: it is not a file\n"),
    ],
)  # fmt: skip
def test_errors_of_every_kind_are_a_line_of_plain_text(error: Exception, said: str) -> None:
    import click

    @click.command()
    @in_one_sentence
    def command() -> None:
        raise error

    run = CliRunner().invoke(command)
    assert (run.exit_code, run.output) == (1, said)
