"""What each command does with a case: accept, fixed, replay, show, minimize, coverage, engines."""

from __future__ import annotations

import shlex
import tomllib
from importlib.metadata import EntryPoint, entry_points, version
from pathlib import Path
from types import SimpleNamespace

import pytest
from campaigns import FIXED, RENAMED, STRANDS, cases, engine, fuzz, harness
from click.testing import CliRunner

from harness import COMPILED
from harness.cli.main import main
from harness.engine import registry

BLOCKS = """freed = Event("freed")
            self.line.append(freed)
        freed.wait()
        return ADMITTED"""


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """The text of the case that a campaign on the stranding pool saves."""
    folder = tmp_path_factory.mktemp("found")
    ended = fuzz(f"{engine(folder, STRANDS)}:Pool", folder / "corpus", runs=1500)
    assert ended.code == 1, ended.err
    texts = [path.read_text() for path in cases(folder / "corpus")]
    return next(text for text in texts if 'finding = "stranded"' in text), str(folder)


@pytest.fixture
def at(tmp_path, found, monkeypatch):
    """The case in a folder with the pool, which can be edited."""
    text, folder = found
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "corpus" / "pool" / "one.case.toml"
    path.parent.mkdir(parents=True)
    path.write_text(text.replace(f"{folder}/engines.py", "engines.py"))
    engine(tmp_path, STRANDS)
    return SimpleNamespace(case=path, engine="engines.py:Pool", folder=tmp_path)


def run(command, at, *more):
    return harness(command, at.case, "--engine", at.engine, *more)


def expected(at):
    return tomllib.loads(at.case.read_text())["expect"]


def unswitch(case):
    """Leave no switch in the schedule."""
    text = case.read_text()
    schedule = tomllib.loads(text)["schedule"]
    assert schedule
    for switch in schedule:
        text = text.replace(f'    "{switch}",\n', "")
    case.write_text(text)


def enlarge(case):
    """Add a request to the workload; gives the number of requests."""
    text = case.read_text()
    ops = tomllib.loads(text)["workload"]
    more = f'    "{ops[-1]}",\n    "T0 arrive {"ABCDEFGH"[len(ops)]}",\n'
    case.write_text(text.replace(f'    "{ops[-1]}",\n', more))
    return len(ops) + 1


# -------------------------------------------------------------------------- replay


def test_a_new_finding_is_expected_to_be_gone_so_its_replay_is_red(at):
    ended = run("replay", at, "--json")
    assert ended.code == 1
    (row,) = ended.json
    assert (row["verdict"], row["expected"], row["fidelity"]) == ("stranded", "ok", "exact")


def test_replays_of_one_case_give_one_trace(at):
    (row,) = run("replay", at, "--runs", 5, "--json").json
    assert len(row["trace"]) == 1


def test_replay_of_a_folder_takes_every_case_below_it(at):
    at.case.with_name("two.case.toml").write_text(at.case.read_text())
    ended = harness("replay", at.folder, "--engine", at.engine)
    assert "2 replayed, 2 not as expected" in ended.out


def test_names_in_what_is_piped_are_whole_however_long(at):
    path = at.case.rename(at.case.with_name(f"{'long-' * 30}.case.toml"))
    assert "long-" * 30 in harness("replay", path, "--engine", at.engine).out


def test_replay_on_the_repaired_engine_is_clean(at):
    engine(at.folder, FIXED)
    (row,) = run("replay", at, "--json").json
    assert row["verdict"] in ("ok", "stale")


def test_a_schedule_without_its_places_is_stale_and_not_ok(at):
    engine(at.folder, RENAMED)
    ended = run("replay", at, "--json")
    (row,) = ended.json
    assert (row["verdict"], row["fidelity"], row["as_expected"]) == ("stale", "stale", False)
    assert ended.code == 1


def test_an_operation_that_is_gone_makes_a_case_stale_and_the_others_are_still_replayed(at):
    other = at.case.with_name("zero.case.toml")
    other.write_text(at.case.read_text())
    at.case.write_text(at.case.read_text().replace(' arrive A"', ' fly"'))
    ended = harness("replay", at.folder, "--engine", at.engine, "--json")
    assert ended.code == 1
    assert [row["verdict"] for row in ended.json] == ["stale", "stranded"]
    assert " fly'; its operations are arrive" in ended.json[0]["why"]
    shown = harness("replay", at.folder, "--engine", at.engine)
    assert " fly'" in shown.out


def test_a_case_that_expects_nothing_is_replayed_all_the_same(at):
    text = at.case.read_text()
    at.case.write_text(text.partition("[expect]")[0] + "[expect]\n")
    ended = run("replay", at)
    assert ended.code == 1
    assert harness("replay", at.case).code == 2  # found on code in a file, which is not named


# ----------------------------------------------------------------- accept and fixed


def test_what_was_accepted_is_as_expected(at):
    ended = run("accept", at, "--json")
    assert ended.code == 0
    assert ended.json["expect"] == {at.engine: "stranded"} == expected(at)
    assert run("replay", at).code == 0


def test_a_known_finding_that_has_gone_is_not_as_expected(at):
    run("accept", at)
    engine(at.folder, FIXED)
    assert run("replay", at).code == 1


def test_fixed_refuses_while_the_bug_is_there(at):
    before = at.case.read_text()
    ended = run("fixed", at)
    assert ended.code == 1
    assert "is not fixed: engines.py:Pool still gives stranded" in ended.complaint()
    assert at.case.read_text() == before


def test_fixed_refuses_where_only_a_neighbour_of_the_schedule_shows_it(at):
    unswitch(at.case)
    assert run("replay", at, "--json").json[0]["verdict"] == "ok"
    assert run("fixed", at).code == 1


def test_fixed_holds_the_repaired_engine_to_it(at):
    run("accept", at)
    engine(at.folder, FIXED)
    assert run("fixed", at).code == 0
    assert expected(at) == {at.engine: "ok"}
    assert run("replay", at).code == 0
    engine(at.folder, STRANDS)
    assert run("replay", at, "--json").json[0]["verdict"] in ("stranded", "stale")
    assert run("replay", at).code == 1


def test_fixed_after_a_rewrite_keeps_what_could_be_followed(at):
    engine(at.folder, RENAMED)
    assert run("fixed", at).code == 0
    (row,) = run("replay", at, "--json").json
    assert (row["verdict"], row["fidelity"]) == ("ok", "exact")


def test_fixed_keeps_the_schedule_that_showed_the_bug(at):
    before = tomllib.loads(at.case.read_text())["schedule"]
    engine(at.folder, RENAMED)
    run("fixed", at)
    after = tomllib.loads(at.case.read_text())
    assert after["schedule"] == before
    assert list(after["fixed"]) == [at.engine]


@pytest.mark.parametrize("repaired", [FIXED, RENAMED])
def test_a_bug_that_comes_back_after_it_was_fixed_is_red(at, repaired):
    engine(at.folder, repaired)
    assert run("fixed", at).code == 0
    engine(at.folder, STRANDS)
    (row,) = run("replay", at, "--json").json
    assert (row["verdict"], row["fidelity"], row["as_expected"]) == ("stranded", "exact", False)


def test_show_draws_the_bug_that_has_come_back(at):
    engine(at.folder, RENAMED)
    run("fixed", at)
    engine(at.folder, STRANDS)
    assert "stranded (exact replay)" in run("show", at).out


def test_a_fix_that_can_follow_the_schedule_exactly_needs_no_other_one(at):
    unswitch(at.case)
    engine(at.folder, FIXED)
    assert run("fixed", at).code == 0
    assert "fixed" not in tomllib.loads(at.case.read_text())


def test_an_engine_that_is_declared_fixed_changes_nothing_for_another_one(at):
    engine(at.folder, STRANDS + RENAMED.replace("Pool", "Better"))
    run("accept", at)
    assert harness("fixed", at.case, "--engine", "engines.py:Better").code == 0
    assert run("replay", at, "--json").json[0]["verdict"] == "stranded"
    (row,) = harness("replay", at.case, "--engine", "engines.py:Better", "--json").json
    assert (row["verdict"], row["fidelity"], row["as_expected"]) == ("ok", "exact", True)


def test_fixed_is_about_the_engine_the_case_was_found_on(at):
    text = at.case.read_text()
    at.case.write_text(text.replace("[expect]\n", '[expect]\n"engines.py:Old" = "stranded"\n'))
    engine(at.folder, FIXED)
    assert run("fixed", at).code == 0
    assert expected(at) == {at.engine: "ok", "engines.py:Old": "stranded"}


@pytest.mark.parametrize("command", ["accept", "fixed"])
def test_an_engine_that_is_not_deterministic_is_neither_accepted_nor_fixed(at, command):
    flaky = "COUNT = [0]\n" + FIXED.replace(
        "        with self.lock:\n            if self",
        "        COUNT[0] += 1\n"
        "        for _ in range(COUNT[0]):\n            self.busy.load()\n"
        "        with self.lock:\n            if self",
    )
    engine(at.folder, flaky)
    before = at.case.read_text()
    ended = run(command, at)
    assert ended.code == 1
    assert "nondeterministic engine" in ended.complaint()
    assert at.case.read_text() == before


# ------------------------------------------------------------------ show, minimize


def test_show_tells_who_does_what(at):
    ended = run("show", at)
    assert ended.code == 0
    assert "T0" in ended.out and "T1" in ended.out
    assert "stranded" in ended.out


def test_show_hints_at_what_an_engine_that_blocks_has_to_declare(tmp_path):
    body = STRANDS.replace("self.line.append(request)\n        return QUEUED", BLOCKS)
    target = f"{engine(tmp_path, f'from harness import Event{body}')}:Pool"
    assert fuzz(target, tmp_path / "corpus", runs=30).code == 1
    ended = harness("show", tmp_path / "corpus", "--engine", target)
    assert "declare `blocking = True`" in " ".join(ended.out.split())
    documents = harness("show", tmp_path / "corpus", "--engine", target, "--json").json
    assert all("blocking = True" in document["hint"] for document in documents)


def test_show_says_which_switches_are_lost(at):
    engine(at.folder, RENAMED)
    ended = run("show", at)
    assert ended.code == 0
    assert "could not be placed any more" in ended.out


def test_minimize_takes_away_what_is_not_needed(at):
    number = enlarge(at.case)
    ended = run("minimize", at, "--json")
    assert ended.code == 0
    assert ended.json["before"]["operations"] == number
    left = ended.json["after"]["operations"]
    assert left < number
    assert ended.json["one_minimal"] is True
    assert len(tomllib.loads(at.case.read_text())["workload"]) == left
    assert run("replay", at, "--json").json[0]["verdict"] == "stranded"


def test_minimize_keeps_no_schedule_of_a_fixed_engine_for_a_workload_that_is_gone(at):
    engine(at.folder, STRANDS + RENAMED.replace("Pool", "Better"))
    enlarge(at.case)
    assert harness("fixed", at.case, "--engine", "engines.py:Better").code == 0
    ended = run("minimize", at)
    assert "harness fixed" in ended.complaint()
    assert "fixed" not in tomllib.loads(at.case.read_text())


def test_minimize_says_when_its_budget_was_too_small(at):
    ended = run("minimize", at, "--runs", 3)
    assert ended.code == 0
    assert "the budget ended before" in " ".join(ended.out.split())


# --------------------------------------------------------------- coverage, engines


def test_coverage_shows_what_is_never_reached(at):
    body = STRANDS + "    def never(self):\n        return 1\n"
    engine(at.folder, body)
    ended = harness("coverage", at.engine, "--corpus", at.case.parent, "--json")
    assert ended.code == 0
    (file,) = ended.json["files"]
    assert "Pool.never" in file["unreached"]
    assert ended.json["cases"] == 1


def test_coverage_of_one_case_says_so(at):
    ended = harness("coverage", at.engine, "--corpus", at.case.parent)
    assert "1 case reaches" in ended.out


def test_coverage_writes_html(at):
    html = at.folder / "html"
    command = ("coverage", at.engine, "--corpus", at.case.parent, "--html", html)
    ended = harness(*command)
    assert ended.code == 0
    assert (html / "index.html").is_file()
    stale = at.case.read_text().replace("T1 arrive", "T1 depart")
    (at.case.parent / "two.case.toml").write_text(stale)
    told = harness(*command, "--json").json
    assert told["html"] == str(html / "index.html")
    assert [Path(path).name for path, _ in told["skipped"]] == ["two.case.toml"]


def test_engines_lists_what_is_installed():
    ended = harness("engines")
    assert ended.code == 0
    assert "haproxy@b11495652" in ended.out


def test_engines_tells_what_one_can_do():
    ended = harness("engines", "haproxy@b11495652")
    assert ended.code == 0
    assert "set_maint(server below servers)" in ended.out


def test_an_installed_engine_that_can_not_be_imported_does_not_hide_the_others(monkeypatch):
    good = [ref.name for ref in registry.installed()]
    broken = EntryPoint("broken", "no_such_module:Pool", registry.GROUP)
    entries = [broken, *entry_points(group=registry.GROUP)]
    monkeypatch.setattr(registry, "entry_points", lambda group: entries)
    ended = harness("engines", "--json")
    assert ended.code == 0
    assert [e["name"] for e in ended.json] == good
    assert "'broken' can not be imported: ModuleNotFoundError" in ended.complaint()


def test_an_installed_engine_that_can_not_be_imported_is_named_below_the_list(monkeypatch):
    broken = EntryPoint("broken", "no_such_module:Pool", registry.GROUP)
    monkeypatch.setattr(registry, "entry_points", lambda group: [broken])
    done = CliRunner().invoke(main, ["engines"])
    assert done.output.index("what it is") < done.output.index("'broken' can not be imported")


# ------------------------------------------------------------------------------ JSON


@pytest.mark.parametrize(
    "command", ["replay", "show", "minimize", "accept", "fixed", "coverage", "engines", "fuzz"]
)
def test_with_json_there_is_nothing_else_on_standard_output(at, command):
    noisy = FIXED if command == "fixed" else STRANDS
    noisy = noisy.replace(
        "self.line = []", "self.line = []; print('chatter'); sys.stdout.write('more')"
    )
    engine(at.folder, "print('imported')\n" + noisy)
    if command == "engines":
        ended = harness("engines", "--json")
    elif command == "coverage":
        ended = harness("coverage", at.engine, "--json")
    elif command == "fuzz":
        ended = fuzz(at.engine, at.folder / "corpus", "--json", runs=500)
    else:
        ended = run(command, at, "--json")
    assert ended.json


def test_the_commands_that_come_next_can_be_copied_whatever_the_names(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    named = f"{engine(tmp_path, name='my engines.py').name}:Raises"
    ended = fuzz(named, "my cases", runs=50)
    (line,) = [line for line in ended.out.splitlines() if line.startswith("see one:")]
    shown = shlex.split(line.removeprefix("see one:"))[1:]
    assert harness(*shown).code == 0
    refused = harness(*shown[:2])
    assert "add --engine 'my engines.py:Raises' if you trust it" in refused.complaint()


def test_the_version_says_whether_the_hot_modules_are_compiled():
    told = "compiled" if COMPILED else "not compiled"
    assert harness("--version").out.strip() == f"harness {version('harness')}, {told}"
