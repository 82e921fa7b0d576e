"""Engines are found by entry point or in a file; what is wrong with one is said in a sentence."""

from __future__ import annotations

import sys

import pytest

from harness.engine.registry import GROUP, EngineNotFoundError, find, installed

ENGINE = """
from harness import Engine, Index, Int, operation

class Pool(Engine):
    pass
"""


def source(folder, text, name="pools.py"):
    path = folder / name
    path.write_text(ENGINE + text)
    return path


def refused(name):
    with pytest.raises(EngineNotFoundError) as told:
        find(str(name))
    return str(told.value)


# ---------------------------------------------------------------------------- files


def test_a_class_in_a_file_is_found(tmp_path):
    ref = find(f"{source(tmp_path, '')}:Pool")
    assert ref.engine.__name__ == ref.spec.name.rpartition(":")[2] == "Pool"
    assert ref.family == ref.spec.family == "pool"


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("raise RuntimeError('no luck')", "RuntimeError: no luck"),
        ("import sys; sys.exit(3)", "SystemExit: 3"),
        ("raise GeneratorExit", "GeneratorExit"),
        ("class Stop(BaseException): pass\nraise Stop('here')", "Stop: here"),
    ],
)
def test_whatever_importing_raises_is_told(tmp_path, statement, what):
    told = refused(f"{source(tmp_path, statement)}:Pool")
    assert "can not be imported" in told
    assert what in told


@pytest.mark.parametrize(
    "statement",
    ["x = 1\nclass Pool(:", "x = 1\nimport json; json.loads('{')"],
    ids=["syntax", "library"],
)
def test_where_importing_fails_is_a_line_of_the_users_own(tmp_path, statement):
    path = source(tmp_path, statement)
    assert refused(f"{path}:Pool").endswith(f"(at {path}:7)")


def test_a_syntax_error_in_what_it_imports_is_told_there(tmp_path):
    (tmp_path / "parts_of_it.py").write_text("x = 1\nclass Part(:\n")
    path = source(tmp_path, "import parts_of_it")
    assert refused(f"{path}:Pool").endswith(f"(at {tmp_path}/parts_of_it.py:2)")


def test_ctrl_c_while_importing_stays_that(tmp_path):
    path = source(tmp_path, "raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        find(f"{path}:Pool")


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ("topology = 3", "TypeError"),
        ("@operation(at=Index('servers'))\n    def look(self, at): pass", "topology field"),
        ("@classmethod\n    def spec(cls, *names): raise SystemExit('no')", "SystemExit: no"),
    ],
)
def test_whatever_declarations_raise_is_told(tmp_path, body, what):
    path = source(tmp_path, f"class Odd(Engine):\n    {body}")
    told = refused(f"{path}:Odd")
    assert "can not be used" in told
    assert what in told


# --------------------------------------------------------------------- entry points


@pytest.fixture
def announce(tmp_path, monkeypatch):
    """Install a package: its modules' text and what its entry points name."""
    monkeypatch.syspath_prepend(tmp_path)

    def install(entries, **modules):
        for name, text in modules.items():
            source(tmp_path, text, f"{name}.py")
            monkeypatch.delitem(sys.modules, name, raising=False)
        info = tmp_path / "theirs-1.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1\n")
        lines = [f"{name} = {value}" for name, value in entries.items()]
        (info / "entry_points.txt").write_text("\n".join([f"[{GROUP}]", *lines, ""]))

    yield install
    for name in ("their_pools", "their_queue", "their_wreck"):
        sys.modules.pop(name, None)


FAMILY = """
class Newer(Pool):
    pass

REVISIONS = {"b2": Pool, "a1": Newer}
"""


def names():
    return [ref.name for ref in installed() if ref.name.startswith("their")]


def test_a_class_is_announced_by_its_name(announce):
    announce({"their-pool": "their_pools:Pool"}, their_pools="")
    assert find("their-pool").engine is sys.modules["their_pools"].Pool
    assert names() == ["their-pool"]


def test_a_family_is_announced_as_a_mapping_from_revisions(announce):
    announce({"their-queue": "their_queue:REVISIONS"}, their_queue=FAMILY)
    ref = find("their-queue@a1")
    assert ref.engine is sys.modules["their_queue"].Newer
    assert (ref.family, ref.spec.family) == ("their-queue", "their-queue")
    assert (ref.name, ref.spec.name) == ("their-queue@a1", "their-queue@a1")
    assert names() == ["their-queue@b2", "their-queue@a1"]  # in the author's order


def test_a_family_is_imported_only_when_it_is_asked_for(announce):
    announce(
        {"their-pool": "their_pools:Pool", "their-queue": "their_queue:REVISIONS"},
        their_pools="",
        their_queue=FAMILY,
    )
    find("their-pool")
    refused("their-pol")
    assert "their_queue" not in sys.modules
    find("their-queue@b2")
    assert "their_queue" in sys.modules


@pytest.mark.parametrize("name", ["their-queue@a2", "their-queue"])
def test_an_unknown_revision_gets_suggestions(announce, name):
    announce({"their-queue": "their_queue:REVISIONS"}, their_queue=FAMILY)
    told = refused(name)
    assert f"there is no engine called '{name}'" in told
    assert "did you mean" in told
    assert "their-queue@a1" in told


def test_a_revision_of_an_engine_that_has_none_gets_the_engine_suggested(announce):
    announce({"their-pool": "their_pools:Pool"}, their_pools="")
    assert "did you mean their-pool" in refused("their-pool@b2")


def test_a_mistyped_family_gets_that_revision_suggested(announce):
    announce({"their-queue": "their_queue:REVISIONS"}, their_queue=FAMILY)
    assert refused("their-quoue@a1").endswith("did you mean their-queue@a1?")


def test_what_is_suggested_for_a_mistyped_family_can_be_selected(announce):
    announce({"their-queue": "their_queue:REVISIONS"}, their_queue=FAMILY)
    told = refused("their-quoue").partition("did you mean ")[2].removesuffix("?")
    assert {find(name).name for name in told.split(" or ")} == {"their-queue@a1", "their-queue@b2"}


def test_a_name_like_that_of_a_broken_engine_is_still_unknown(announce):
    announce({"their-wreck": "their_wreck:Pool"}, their_wreck="import sys; sys.exit()")
    assert "there is no engine called 'their-wrack'; did you mean their-wreck?" in refused(
        "their-wrack"
    )


def test_a_family_may_have_something_else_among_its_revisions(announce):
    announce({"their-queue": "their_queue:REVISIONS"}, their_queue="REVISIONS = {'a1': 3}")
    assert "not a subclass" in refused("their-queue@a1")


def test_what_can_not_be_imported_hides_no_other_engine(announce):
    announce(
        {
            "their-queue": "their_queue:REVISIONS",
            "their-wreck": "their_wreck:REVISIONS",
            "their-void": "their_queue:NOTHING",
        },
        their_queue=FAMILY,
        their_wreck="import sys; sys.exit()",
    )
    assert names() == ["their-queue@b2", "their-queue@a1", "their-void", "their-wreck"]
    for name in ("their-wreck", "their-wreck@a1", "their-void"):
        assert "can not be imported" in refused(name)


def test_no_line_of_the_library_is_named_where_an_announced_class_is_missing(announce):
    announce({"their-void": "their_pools:Nothing"}, their_pools="")
    assert refused("their-void").endswith("has no attribute 'Nothing'")
