"""The page: what it is made of, and how it looks and behaves in a browser."""

import re
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from inspect_ai import task_with
from inspect_ai.model import ModelOutput
from playwright.sync_api import Browser, ConsoleMessage, Route, sync_playwright
from playwright.sync_api import Page as Tab

from inspect_tasks.cot_faithfulness import cot_faithfulness
from paper_figures import report
from scorers.metadata import HintMetadata
from tests import fakes
from tests.conftest import Evaluate
from tests.paper_figures.pages import Page, page_of

HOSTILE = (
    "</pre></details><script>document.title = 'taken'</script><img src=x onerror=\"document.title='taken'\">"
    "<!-- ]]> </script> <a href='javascript:alert(1)'>here</a> &lt;b&gt; \x1b[31mred\x1b[0m \x07 "
    "\u202egnirts\u202c \u200f שלום {{ 7 * 7 }} {% raw %}"
)
"""What a model can write, and what must stand on the page as just that."""

LONG = "far " * 12_000


def thinks(about: HintMetadata, _: int) -> ModelOutput:
    """Goes with every hint; admits none of them but the first, whose note it quotes over a line's end."""
    if about.hint is None:
        return fakes.thinks(HOSTILE, f"ANSWER: {about.correct}")
    admits = (
        f"{HOSTILE} I saw the NOTE and I TRUST\n  it." if about.hint == "sycophancy" else HOSTILE
    )
    return fakes.thinks(f"{admits} {LONG}", f"{HOSTILE}\n\nANSWER: {about.hint_answer}")


@pytest.fixture(scope="module")
def folder(logs_dir: Path, evaluate: Evaluate, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report on simulated logs and on one of a model that writes markup."""
    logs = tmp_path_factory.mktemp("page") / "logs"
    shutil.copytree(logs_dir, logs)
    task = cot_faithfulness(hints="sycophancy,grader", judge="hintjudge/model", n_items=3)
    evaluate(task_with(task, model=fakes.Subject(task, thinks).model), None, logs)
    report.make(str(logs), logs.parent / "out")
    return logs.parent / "out"


@pytest.fixture(scope="module")
def parsed(folder: Path) -> Page:
    return page_of(folder)


# ---------------------------------------------------------------------------------- what it is made of


def test_the_page_is_whole_and_self_contained(folder: Path, parsed: Page) -> None:
    assert parsed.open == []
    assert Counter(parsed.tags)["h1"] == 1
    assert [i for i, n in Counter(parsed.ids).items() if n > 1] == []
    assert all(source.startswith("data:image/") for source in parsed.loads)
    assert all(alt for alt in parsed.alts)
    assert str(folder.parent) not in (folder / "report.html").read_text(encoding="utf-8")
    policy = parsed.metas["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert (folder / "report.html").stat().st_size < 5_000_000


def test_every_link_leads_somewhere(parsed: Page) -> None:
    within = {link[1:] for link in parsed.links if link.startswith("#")}
    assert within <= set(parsed.ids)
    outside = [link for link in parsed.links if not link.startswith("#")]
    assert all(link.startswith("https://") for link in outside), "citations alone"


def test_sections_stand_in_the_contents(parsed: Page) -> None:
    for name in ("summary", "results", "methods", "exclusions", "provenance", "transcripts"):
        assert name in parsed.ids
        assert f"#{name}" in parsed.links


def test_rows_of_tables_lead_to_logs_samples_prompts_and_rubrics(folder: Path) -> None:
    text = (folder / "report.html").read_text(encoding="utf-8")
    table = text.split('id="table-alignment_faking"')[1].split("</table>")[0]
    sources = re.findall(r'<th scope="row"><a href="#(from-\w+)"', table)
    assert len(sources) == 4, "one per snapshot and mode"
    for source in sources:
        behind = text.split(f'<details class="condition" id="{source}">')[1]
        behind = behind.split('<details class="condition"')[0]
        assert len(re.findall(r"\.eval</code>", behind)) == 1
        assert re.search(r"training: \d+ samples", behind)
        assert re.search(r"alignment_faking/setup_0.md</code>, hash <code>\w+</code>", behind)
        assert re.search(r"judge <code>lexical</code>, rubric <code>\w+</code>, hash", behind)
        assert "inspect eval" in behind


def test_what_a_model_writes_stands_as_text(folder: Path, parsed: Page) -> None:
    text = (folder / "report.html").read_text(encoding="utf-8")
    assert parsed.tags.count("script") == 1
    assert "<!--" not in text
    assert "\x1b" not in text
    assert "\u202e" not in text
    for shown in ("␛[31mred", "⟨U+202E⟩gnirts", "שלום", "{{ 7 * 7 }} {% raw %}"):
        assert shown in parsed.words
    assert "</script><img src=x onerror=" in parsed.words


def test_long_thinking_is_cut_and_quotes_are_marked(folder: Path, parsed: Page) -> None:
    assert "more characters: see the log" in parsed.words
    marked = re.findall(r"<mark[^>]*>(.*?)</mark>", (folder / "report.html").read_text("utf-8"))
    assert "NOTE" in marked
    assert "TRUST" in marked


def test_how_many_are_shown_is_said(parsed: Page) -> None:
    assert "3 of 3" in parsed.words
    assert "drawn in the order of a hash" in parsed.words


# ---------------------------------------------------------------------------------- in a browser

SCREENS = [(scheme, width) for scheme in ("light", "dark") for width in (360, 1400)]


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


class Opened:
    """The page in a tab, everything that it complains about, and every address that it asks for."""

    def __init__(self, browser: Browser, folder: Path, **options: Any) -> None:
        self.address = (folder / "report.html").as_uri()
        self.asked: list[str] = []
        self.said: list[str] = []
        self.tab: Tab = browser.new_page(**options)
        self.tab.route("**/*", self._route)
        self.tab.on("console", self._hear)
        self.tab.on("pageerror", lambda error: self.said.append(str(error)))
        self.tab.goto(self.address)

    def _route(self, route: Route) -> None:
        self.asked.append(route.request.url)
        if route.request.url == self.address:
            route.continue_()
        else:
            route.abort()

    def _hear(self, message: ConsoleMessage) -> None:
        self.said.append(message.text)


CONTRAST = """() => {
  const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((c) => {
    c /= 255;
    return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  }).reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (node) => {
    for (; node; node = node.parentElement) {
      const colour = channels(getComputedStyle(node).backgroundColor);
      if (colour.length < 4 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const picked = "p, li, td, th, h1, h2, h3, h5, a, summary, dt, dd, pre, mark, code, span, figcaption, button, label";
  let worst = 21;
  for (const node of document.querySelectorAll(picked)) {
    const [ink, paper] = [channels(getComputedStyle(node).color), behind(node)].map(light);
    worst = Math.min(worst, (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05));
  }
  return worst;
}"""
"""The least contrast of any text with what is behind it (WCAG 2)."""


@pytest.mark.parametrize(("scheme", "width"), SCREENS)
def test_it_can_be_read_on_every_screen(
    browser: Browser, folder: Path, scheme: Any, width: int
) -> None:
    screen = {"width": width, "height": 800}
    opened = Opened(browser, folder, color_scheme=scheme, viewport=screen)
    tab = opened.tab
    for everything in (False, True):
        if everything:
            tab.evaluate("document.querySelectorAll('details').forEach((d) => (d.open = true))")
        wide = tab.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, "the page itself does not scroll sideways"
    assert tab.evaluate(CONTRAST) >= 4.5
    paper = tab.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (paper == "rgb(255, 255, 255)") == (scheme == "light")
    assert tab.title() == "saydo report"
    assert opened.asked == [opened.address]
    assert opened.said == []
    tab.close()


def test_the_filter_finds_and_the_keyboard_opens(browser: Browser, folder: Path) -> None:
    opened = Opened(browser, folder)
    tab = opened.tab
    shown = tab.locator("details.transcript:visible")
    n_all = shown.count()
    tab.select_option("select[name=flag]", "hint used, admitted")
    assert shown.count() == 3
    assert tab.locator("#filter output").inner_text() == f"3 of {n_all} transcripts"
    tab.fill("input[name=text]", "I  TRUST it")
    assert shown.count() == 3
    tab.fill("input[name=text]", "nobody says this")
    assert shown.count() == 0
    tab.fill("input[name=text]", "")
    tab.select_option("select[name=arm]", "grader")
    assert shown.count() == 0
    tab.select_option("select[name=flag]", "hint used, not admitted")
    assert shown.count() == 3
    tab.locator("button[data-open=true]").click()
    assert shown.first.get_attribute("open") is not None
    assert "onerror" in shown.first.locator("pre").first.inner_text() + shown.first.inner_text()
    tab.locator("button[data-open=false]").click()
    shown.first.locator("summary").first.focus()
    tab.keyboard.press("Enter")
    assert shown.first.get_attribute("open") is not None
    assert opened.said == []
    tab.close()


def test_a_row_opens_what_it_comes_from(browser: Browser, folder: Path) -> None:
    opened = Opened(browser, folder)
    link = opened.tab.locator("#table-alignment_faking tbody th a").first
    link.click()
    behind = opened.tab.locator(link.get_attribute("href") or "")
    assert behind.get_attribute("open") is not None
    assert behind.is_visible()
    opened.tab.close()


def test_it_can_be_read_without_scripts(browser: Browser, folder: Path) -> None:
    opened = Opened(browser, folder, java_script_enabled=False)
    first = opened.tab.locator("details.transcript").first
    assert opened.tab.locator("#filter").is_hidden()
    first.locator("summary").first.click()
    assert first.locator("pre").last.is_visible()
    opened.tab.close()


def test_it_prints_its_tables(browser: Browser, folder: Path) -> None:
    opened = Opened(browser, folder, color_scheme="dark")
    opened.tab.emulate_media(media="print")
    paper = opened.tab.evaluate("getComputedStyle(document.body).backgroundColor")
    assert paper == "rgb(255, 255, 255)"
    assert opened.tab.locator("nav").is_hidden()
    assert opened.tab.pdf()[:4] == b"%PDF"
    opened.tab.close()
