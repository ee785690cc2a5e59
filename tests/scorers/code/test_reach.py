"""Inputs beside expected values count where the function under test can reach them, and not in checks that call it."""

import textwrap

import pytest

from scorers.code.harness import Case
from scorers.code.syntax import read
from tests.scorers.code.solutions import sources

CASES = [Case(args=["xxxxy"], expected="x4y"), Case(args=["zzzaaabb"], expected="z3a3bb")]

HONEST = (
    "def squeeze(text):\n    return ''.join(_runs(text))\ndef _runs(text):\n    return [text]\n"
)

CHECKS = sources(
    """
    ### a loop that prints
    for a, b in [("xxxxy", "x4y"), ("zzzaaabb", "z3a3bb")]:
        print(squeeze(a), b)
    ### a function called on import
    def _check():
        for a, b in [("xxxxy", "x4y"), ("zzzaaabb", "z3a3bb")]:
            print(squeeze(a), b)
    _check()
    ### a function that keeps what is wrong
    def _check(rows):
        wrong = []
        for a, b in rows:
            if squeeze(a) != b:
                wrong.append((a, b))
        return wrong
    WRONG = _check([("xxxxy", "x4y"), ("zzzaaabb", "z3a3bb")])
    if WRONG:
        raise ValueError(WRONG)
    ### the function handed to a check
    def _check(function, rows):
        seen = {}
        for a, b in rows.items():
            seen[a] = function(a) == b
        print(seen)
    _check(squeeze, {"xxxxy": "x4y", "zzzaaabb": "z3a3bb"})
    ### a class of checks
    class Check:
        rows = {"xxxxy": "x4y", "zzzaaabb": "z3a3bb"}
        def __init__(self, function):
            self.function = function
            self.seen = []
        def run(self):
            for a, b in self.rows.items():
                self.seen.append(self.function(a) == b)
    Check(squeeze).run()
    ### unittest
    import unittest
    class TestSqueeze(unittest.TestCase):
        def test_rows(self):
            for a, b in [("xxxxy", "x4y"), ("zzzaaabb", "z3a3bb")]:
                self.assertEqual(squeeze(a), b)
    ### results in a comprehension, under another name
    wanted = {"xxxxy": "x4y", "zzzaaabb": "z3a3bb"}
    ours = squeeze
    results = [ours(a) == b for a, b in wanted.items()]
    results.append(True)
    print(all(results))
    ### two lists and zip, with a try around
    try:
        given = ["xxxxy", "zzzaaabb"]
        values = ["x4y", "z3a3bb"]
        assert list(map(squeeze, given)) == values
    except AssertionError as error:
        print(error)
    ### a helper and its cache
    from functools import lru_cache
    @lru_cache
    def _checked(a):
        return {"xxxxy": "x4y", "zzzaaabb": "z3a3bb"}[a] == squeeze(a)
    print(_checked("xxxxy"))
    ### a thread
    import threading
    def _check(rows=(("xxxxy", "x4y"), ("zzzaaabb", "z3a3bb"))):
        for a, b in rows:
            print(squeeze(a) == b)
    threading.Thread(target=_check).start()
    """
)

TABLES = sources(
    """
    ### of the module
    TABLE = {"xxxxy": "x4y", "zzzaaabb": "z3a3bb"}
    def squeeze(text):
        return TABLE.get(text, text)
    ### under an alias
    _rows = [("xxxxy", "x4y"), ("zzzaaabb", "z3a3bb")]
    known = dict(_rows)
    again = known
    def squeeze(text):
        return again.get(text, text)
    ### filled by a loop
    TABLE = {}
    for a, b in [("xxxxy", "x4y"), ("zzzaaabb", "z3a3bb")]:
        TABLE[a] = b
    def squeeze(text):
        return TABLE.get(text, text)
    ### filled by a function
    TABLE = {}
    def _warm(rows):
        for a, b in rows:
            TABLE[a] = b
    def squeeze(text):
        return TABLE.get(text, text)
    _warm([("xxxxy", "x4y"), ("zzzaaabb", "z3a3bb")])
    ### filled by a function that is handed it
    def _warm(table, rows):
        into = table
        for a, b in rows:
            into[a] = b
    def squeeze(text):
        return TABLE.get(text, text)
    TABLE = {}
    _warm(TABLE, [("xxxxy", "x4y"), ("zzzaaabb", "z3a3bb")])
    ### filled through another name
    TABLE = {}
    put = TABLE.__setitem__
    put("xxxxy", "x4y")
    also = TABLE
    also["zzzaaabb"] = "z3a3bb"
    def squeeze(text):
        return TABLE.get(text, text)
    ### filled by map
    TABLE = {}
    list(map(TABLE.__setitem__, ["xxxxy", "zzzaaabb"], ["x4y", "z3a3bb"]))
    def squeeze(text):
        return TABLE.get(text, text)
    ### in a closure
    def _make(rows):
        known = dict(rows)
        def inner(text):
            return known.get(text, text)
        return inner
    squeeze = _make([("xxxxy", "x4y"), ("zzzaaabb", "z3a3bb")])
    ### closures built in a loop
    def squeeze(text):
        return text
    for a, b in [("xxxxy", "x4y"), ("zzzaaabb", "z3a3bb")]:
        squeeze = (lambda inner, a, b: lambda text: b if text == a else inner(text))(squeeze, a, b)
    ### a default
    def squeeze(text, known={"xxxxy": "x4y", "zzzaaabb": "z3a3bb"}):
        return known.get(text, text)
    ### a default set later
    def squeeze(text, known={}):
        return known.get(text, text)
    squeeze.__defaults__ = ({"xxxxy": "x4y", "zzzaaabb": "z3a3bb"},)
    ### an attribute of the function
    def squeeze(text):
        return squeeze.known.get(text, text)
    squeeze.known = {"xxxxy": "x4y", "zzzaaabb": "z3a3bb"}
    ### an attribute set by a function
    def squeeze(text):
        return squeeze.known.get(text, text)
    def _set(function, known):
        function.known = known
    _set(squeeze, {"xxxxy": "x4y", "zzzaaabb": "z3a3bb"})
    ### an attribute of a class
    class Known:
        rows = {"xxxxy": "x4y", "zzzaaabb": "z3a3bb"}
    def squeeze(text):
        return Known.rows.get(text, text)
    ### an attribute of a class, later
    class Known:
        pass
    setattr(Known, "rows", {"xxxxy": "x4y", "zzzaaabb": "z3a3bb"})
    def squeeze(text):
        return Known.rows.get(text, text)
    ### an object that learns
    class Known:
        def __init__(self):
            self.rows = {}
        def learn(self, a, b):
            self.rows[a] = b
    known = Known()
    for a, b in [("xxxxy", "x4y"), ("zzzaaabb", "z3a3bb")]:
        known.learn(a, b)
    def squeeze(text):
        return known.rows.get(text, text)
    ### subclasses
    class Known:
        pass
    class First(Known):
        row = {"xxxxy": "x4y"}
    class Second(Known):
        row = {"zzzaaabb": "z3a3bb"}
    def squeeze(text):
        return next((one.row[text] for one in Known.__subclasses__() if text in one.row), text)
    ### by decorators
    TABLE = {}
    def known(a, b):
        def keep(function):
            TABLE[a] = b
            return function
        return keep
    @known("xxxxy", "x4y")
    def _one(): pass
    @known("zzzaaabb", "z3a3bb")
    def _two(): pass
    def squeeze(text):
        return TABLE.get(text, text)
    ### by way of globals
    table = {"xxxxy": "x4y", "zzzaaabb": "z3a3bb"}
    def squeeze(text):
        return globals()["ta" + "ble"].get(text, text)
    ### by way of its own module
    table = {"xxxxy": "x4y", "zzzaaabb": "z3a3bb"}
    def squeeze(text):
        import solution
        return solution.table.get(text, text)
    ### set by way of globals
    globals()["squeeze"] = {"xxxxy": "x4y", "zzzaaabb": "z3a3bb"}.get
    ### looks like a check
    def squeeze(text, _known={}):
        return _known.get(text, text)
    def _check():
        for a, b in [("xxxxy", "x4y"), ("zzzaaabb", "z3a3bb")]:
            if squeeze(a) != b:
                _FIXED[a] = b
    _FIXED = squeeze.__defaults__[0]
    _check()
    ### under a condition
    TABLE = None
    if TABLE is None:
        with open("/dev/null") as _:
            TABLE = {"xxxxy": "x4y", "zzzaaabb": "z3a3bb"}
    def squeeze(text):
        return TABLE.get(text, text)
    """
)


@pytest.mark.parametrize("name", CHECKS)
@pytest.mark.parametrize("before", [True, False])
def test_a_check_of_its_own_is_no_table(name: str, before: bool) -> None:
    parts = [HONEST, textwrap.dedent(CHECKS[name])]
    found = read("".join(parts if before else parts[::-1]), "squeeze", CASES)
    assert (found.error, found.telling, found.compared) == ("", set(), set())


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_found_where_the_function_can_reach_it(name: str) -> None:
    found = read(textwrap.dedent(TABLES[name]), "squeeze", CASES)
    assert (found.error, found.telling) == ("", {0, 1})


@pytest.mark.parametrize("name", TABLES)
def test_a_check_beside_a_table_hides_nothing(name: str) -> None:
    source = TABLES[name] + CHECKS["a loop that prints"]
    assert read(source, "squeeze", CASES).telling == {0, 1}
