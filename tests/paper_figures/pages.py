"""A page as a parser sees it."""

from html.parser import HTMLParser
from pathlib import Path

VOID = ("meta", "img", "br", "hr", "link", "input", "col", "source")


class Page(HTMLParser):
    """Tags that are open, ids, what the page would load, where it links to, and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.loads: list[str] = []
        self.links: list[str] = []
        self.alts: list[str] = []
        self.metas: dict[str, str] = {}
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        of = {name: value or "" for name, value in attrs}
        assert len(of) == len(attrs), f"<{tag}> has an attribute twice"
        self.tags.append(tag)
        self.ids += [of["id"]] if "id" in of else []
        self.links += [of["href"]] if tag == "a" else []
        self.loads += [of[name] for name in ("src", "srcset", "data") if name in of]
        self.loads += [of["href"]] if "href" in of and tag != "a" else []
        self.alts += [of.get("alt", "")] if tag == "img" else []
        assert not [name for name in of if name.startswith("on") or name == "style"], tag
        if tag == "meta":
            self.metas[of.get("http-equiv", of.get("name", ""))] = of.get("content", "")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes nothing"

    def handle_data(self, data: str) -> None:
        if not {"style", "script"} & set(self.open):
            self.text.append(data)

    @property
    def words(self) -> str:
        """The text of the page, white space folded."""
        return " ".join("".join(self.text).split())


def page_of(out: Path) -> Page:
    """The page of the report in a folder."""
    page = Page()
    page.feed((out / "report.html").read_text(encoding="utf-8"))
    return page
