"""A user's mistake gives one sentence on standard error and exit code 2, never a traceback."""

from __future__ import annotations

import pytest
from campaigns import STRANDS, cases, engine, fuzz, harness

from harness.campaign.libfuzzer import why_unavailable
from harness.cases.casefile import SavedCase, save

COMMANDS = ("replay", "show", "minimize", "accept", "fixed")


@pytest.fixture(scope="module")
def case_text(tmp_path_factory):
    folder = tmp_path_factory.mktemp("case")
    ended = fuzz(f"{engine(folder)}:Raises", folder / "corpus", runs=50)
    assert ended.code == 1
    return cases(folder / "corpus")[0].read_text()


@pytest.fixture
def case(tmp_path, case_text):
    path = tmp_path / "one.case.toml"
    path.write_text(case_text)
    return path


def refused(*arguments):
    ended = harness(*arguments)
    assert ended.code == 2
    assert ended.out == ""
    return ended.complaint()


@pytest.mark.parametrize("arrivals", [0, 17])
def test_a_case_of_which_there_are_no_variants_can_not_be_declared_fixed(tmp_path, arrivals):
    target = f"{engine(tmp_path)}:Sound"
    ops = [f"T0 arrive {chr(ord('A') + n)}" for n in range(arrivals)]
    case = SavedCase("pool", target, "stranded", "t", {"threads": 2}, ops, [], {}, "c")
    path = tmp_path / "one.case.toml"
    save(case, path)
    told = refused("fixed", path, "--engine", target)
    assert str(path) in told
    assert "1 to 16 operations" in told


def test_an_unknown_engine_gets_a_suggestion():
    told = refused("fuzz", "haproxy@16fbdda3d")
    assert "no engine called 'haproxy@16fbdda3d'" in told
    assert "did you mean haproxy@16fbdda3c" in told


def test_the_beginning_of_a_revision_is_enough_for_a_suggestion():
    assert "did you mean haproxy@5541d4995?" in refused("fuzz", "haproxy@55")


def test_a_file_without_a_class_is_told_how_to_name_one(tmp_path):
    path = engine(tmp_path)
    assert f"say which class in it: {path}:ClassName" in refused("fuzz", path)


@pytest.mark.skipif(why_unavailable() is not None, reason="needs Atheris")
@pytest.mark.parametrize(
    ("option", "meant"),
    [("-max_length=9", "-max_len="), ("-merge", "-merge="), ("-%%%%%%%%%", "-help=1")],
)
def test_an_unknown_option_of_libfuzzer_is_refused(tmp_path, option, meant):
    told = refused("fuzz", "haproxy@1.8", "--runs", "9", "--corpus", tmp_path, "--", option)
    assert f"{option} is no option of libFuzzer" in told
    assert meant in told


def test_an_engine_file_that_raises_says_in_which_line(tmp_path):
    (tmp_path / "bad.py").write_text("from harness import Int\n\nInt(0, 10**30)\n")
    assert f"(at {tmp_path}/bad.py:3)" in refused("fuzz", f"{tmp_path}/bad.py:Pool")


@pytest.mark.parametrize(
    "topology", ["{5: Int(1, 2)}", "{'size': 5}", "{'size': Index('threads')}"]
)
@pytest.mark.parametrize("command", ["fuzz", "verify", "engines", "coverage"])
def test_a_topology_that_is_none(tmp_path, command, topology):
    body = f"\n\nclass Odd(Sound):\n    topology = {topology}\n"
    path = engine(tmp_path, f"from harness import Index, Int{body}")
    told = refused(command, f"{path}:Odd")
    assert "the topology of Odd has" in told
    assert "Int(1, 3)" in told


def test_no_thread_at_all(tmp_path):
    body = "\n\nclass Odd(Sound):\n    topology = {'threads': Int(0, 0)}\n"
    path = engine(tmp_path, f"from harness import Int{body}")
    assert "let threads start at 1" in refused("fuzz", f"{path}:Odd")


def test_a_parameter_that_is_none(tmp_path):
    body = "\n\nclass Odd(Sound):\n    @operation(n=3)\n    def poke(self, n):\n        pass\n"
    path = engine(tmp_path, f"from harness import operation{body}")
    assert "takes 3; a parameter is an Int" in refused("fuzz", f"{path}:Odd")


def test_a_capacity_below_0(tmp_path):
    body = (
        "\n\nclass Odd(Sound):\n    def setup(self, topology):\n"
        "        self.resource('r', capacity=-1)\n"
    )
    ended = harness("fuzz", f"{engine(tmp_path, body)}:Odd", "--runs", 20)
    assert ended.code == 2
    assert "can not be below 0" in ended.err


def test_one_bad_case_does_not_hide_the_others(case, tmp_path):
    (tmp_path / "bad.case.toml").write_text("")
    ended = harness("replay", tmp_path, "--engine", f"{engine(tmp_path)}:Raises")
    assert ended.code == 2
    assert "1 replayed" in ended.out
    assert f"{tmp_path}/bad.case.toml: there is nothing in it" in ended.err


def test_a_case_of_an_engine_that_is_gone_is_named(case):
    text = case.read_text()
    case.write_text(text[: text.index("[expect]")] + '[expect]\n"gone@v1" = "ok"\n')
    assert str(case) in refused("replay", case)


def test_a_verdict_that_is_none(case, tmp_path):
    case.write_text(case.read_text().replace('= "ok"', '= "wibble"'))
    told = refused("replay", case, "--engine", f"{engine(tmp_path)}:Raises")
    assert "'wibble' is no verdict; there are stranded" in told


@pytest.mark.parametrize("command", ["minimize", "accept", "fixed"])
def test_a_folder_in_place_of_a_case(tmp_path, command):
    ended = harness(command, tmp_path)
    assert ended.code == 2
    assert "is a directory" in ended.err


def test_an_engine_unlike_itself_can_not_be_verified(tmp_path):
    body = (
        "import random\n\n\nclass Rand(Sound):\n    def arrive(self, request):\n"
        "        for _ in range(random.randrange(4)):\n            self.busy.load()\n"
        "        return super().arrive(request)\n"
    )
    ended = harness("verify", f"{engine(tmp_path, body)}:Rand", "--corpus", tmp_path / "c")
    assert ended.code == 3
    assert "Traceback" not in ended.err
    assert "not deterministic" in " ".join((ended.out + ended.err).split())


def test_an_unknown_engine_unlike_any_gets_pointed_to_the_list():
    assert "harness engines" in refused("fuzz", "zzzzzz")


@pytest.mark.parametrize("command", ["fuzz", "coverage"])
def test_an_engine_file_that_does_not_exist(tmp_path, command):
    assert "there is no file" in refused(command, f"{tmp_path}/nowhere.py:Pool")


def test_an_engine_file_with_a_syntax_error(tmp_path):
    (tmp_path / "bad.py").write_text("class Pool(:\n")
    told = refused("fuzz", f"{tmp_path}/bad.py:Pool")
    assert "can not be imported" in told
    assert "SyntaxError" in told


def test_an_engine_file_that_raises_on_import(tmp_path):
    (tmp_path / "bad.py").write_text("raise RuntimeError('one\\ntwo')\n")
    assert "RuntimeError: one two" in refused("fuzz", f"{tmp_path}/bad.py:Pool")


@pytest.mark.parametrize("command", ["fuzz", "coverage"])
def test_an_engine_file_that_exits_on_import(tmp_path, command):
    (tmp_path / "bad.py").write_text("import sys; sys.exit(0)\n")
    assert "SystemExit" in refused(command, f"{tmp_path}/bad.py:Pool")


def test_a_wrong_class_name_is_told_which_there_are(tmp_path):
    told = refused("fuzz", f"{engine(tmp_path)}:Poool")
    assert "no class 'Poool'" in told
    assert "Sound, Raises" in told


def test_a_class_that_is_no_engine(tmp_path):
    assert "not a subclass" in refused("fuzz", f"{engine(tmp_path)}:Atomic")


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[: len(text) // 2],
        lambda text: "\0" + text,
        lambda text: "",
        lambda text: "[[[[",
        lambda text: text.replace("-> T", "=> T").replace("workload = [", "workload = [1,"),
        lambda text: text.replace('title = "', 'title = 3 # "'),
    ],
    ids=["cut", "nul", "empty", "no toml", "no text", "no title"],
)
def test_a_damaged_case_file(case, tmp_path, command, damage):
    before = damage(case.read_text())
    case.write_text(before)
    told = refused(command, case, "--engine", f"{engine(tmp_path)}:Raises")
    assert "one.case.toml" in told
    assert case.read_text() == before


@pytest.mark.parametrize("command", COMMANDS)
def test_a_case_file_that_is_no_text(case, tmp_path, command):
    case.write_bytes(b"\xff\xfe\x00")
    assert "damaged" in refused(command, case, "--engine", f"{engine(tmp_path)}:Raises")


@pytest.mark.parametrize("command", COMMANDS)
def test_an_engine_in_place_of_a_case(tmp_path, command):
    ended = harness(command, engine(tmp_path))
    assert ended.code == 2
    assert "engines.py is no case file; the name of one ends in .case.toml" in ended.err
    assert "delete" not in ended.err


@pytest.mark.parametrize("command", COMMANDS)
def test_a_case_of_another_format_version(case, command):
    case.write_text(case.read_text().replace("format = 1", "format = 2"))
    told = refused(command, case)
    assert "format 2" in told
    assert "version of harness that wrote it" in told


@pytest.mark.parametrize("command", COMMANDS)
def test_a_case_that_names_code_in_a_file_is_not_run_unasked(case, command, tmp_path):
    engine(tmp_path, "raise SystemError('it was run')")
    told = refused(command, case)
    assert "not run unasked" in told
    assert "--engine" in told


@pytest.mark.parametrize("command", COMMANDS)
def test_a_case_file_that_does_not_exist(tmp_path, command):
    ended = harness(command, tmp_path / "none.case.toml")
    assert ended.code == 2
    assert "does not exist" in ended.err


@pytest.mark.parametrize("command", ["replay", "show"])
def test_a_folder_without_cases_is_no_success(tmp_path, command):
    assert "there is no *.case.toml file below" in refused(command, tmp_path)


def test_coverage_of_no_case_is_no_result(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    target = f"{engine(tmp_path)}:Sound"
    assert "there is no folder corpus/sound" in refused("coverage", target)
    assert "there is no *.case.toml file below" in refused("coverage", target, "--corpus", ".")


def test_coverage_of_cases_none_of_which_can_be_replayed_is_no_result(case, tmp_path):
    case.write_text(case.read_text().replace("arrive A", "fly"))
    told = refused("coverage", f"{engine(tmp_path)}:Sound", "--corpus", case)
    assert "no case could be replayed" in told
    assert "one.case.toml" in told and "its operations are arrive" in told


def test_a_corpus_that_can_not_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    told = refused("fuzz", f"{engine(tmp_path)}:Sound", "--corpus", tmp_path / "file" / "corpus")
    assert "Not a directory" in told
    assert "corpus" in told


@pytest.mark.parametrize("text", ["soon", "", "-1", "1d", "1 h", "1e3", "nan", "0", "9" * 400])
def test_a_bad_duration(tmp_path, text):
    ended = harness("fuzz", f"{engine(tmp_path)}:Sound", f"--time={text}")
    assert ended.code == 2
    assert "Invalid value for '--time'" in ended.err
    assert "Traceback" not in ended.err


@pytest.mark.parametrize(
    ("text", "why"), [("0s", "no time at all"), ("0", "no time at all"), ("9999999h", "68 years")]
)
def test_a_duration_is_refused_for_what_is_wrong_with_it(tmp_path, text, why):
    ended = harness("fuzz", f"{engine(tmp_path)}:Sound", f"--time={text}")
    assert why in " ".join(ended.err.split())


@pytest.mark.parametrize(
    "option",
    ["--runs=0", "--runs=-1", "--runs=3000000000", "--jobs=0", "--seed=0", "--seed=x", "--what"],
)
def test_a_bad_option(tmp_path, option):
    ended = harness("fuzz", f"{engine(tmp_path)}:Sound", option)
    assert ended.code == 2
    assert option.partition("=")[0] in ended.err


def test_an_engine_that_lacks_an_operation_of_the_case(case, tmp_path):
    case.write_text(
        case.read_text().replace("T0 arrive A", "T0 fly").replace("T1 arrive A", "T1 fly")
    )
    told = refused("show", case, "--engine", f"{engine(tmp_path)}:Raises")
    assert "its operations are arrive" in told


def test_a_case_that_can_not_be_written_back(case, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device", str(case))

    monkeypatch.setattr("harness.cases.casefile.write_atomically", full)
    before = case.read_text()
    told = refused("accept", case, "--engine", f"{engine(tmp_path)}:Raises")
    assert "No space left on device" in told
    assert case.read_text() == before


def test_minimize_of_a_case_whose_finding_is_gone(case, tmp_path):
    told = refused("minimize", case, "--engine", f"{engine(tmp_path, STRANDS)}:Sound")
    assert "does not show exception" in told


@pytest.mark.parametrize("command", ["replay", "show", "accept", "fixed"])
def test_an_engine_that_exits_in_setup_is_no_success(case, tmp_path, command):
    body = "class Exits(Sound):\n    def setup(self, topology):\n        sys.exit(0)\n"
    told = refused(command, case, "--engine", f"{engine(tmp_path, body)}:Exits")
    assert "setting up Exits failed: SystemExit" in told
