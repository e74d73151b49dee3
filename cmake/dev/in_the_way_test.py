"""./dev says what to do when something is in the way: the disk, the system, rights, packages, a wrong word."""
import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Machine:
    """Programs that answer as another machine's would, first on PATH; a cache of its own."""

    def __init__(self, folder):
        self.folder, self.shims = folder, folder / "bin"
        self.shims.mkdir()

    def program(self, name, script):
        (self.shims / name).write_text(f"#!/bin/sh\n{script}\n")
        (self.shims / name).chmod(0o755)

    def run(self, *command, **environment):
        done = subprocess.run([str(c) for c in command], capture_output=True, text=True, check=False, timeout=60, env={
            **os.environ, "PATH": f"{self.shims}:{os.environ['PATH']}", "CRESSET_CACHE": str(self.folder / "cache"),
            "CRESSET_E2E_DIR": str(self.folder / "cluster"), **environment})
        return done.returncode, done.stderr

    def dev(self, *args, **environment):
        return self.run(ROOT / "dev", *args, **environment)

    def function(self, call, **environment):
        """A function of cmake/dev/install.sh, with this machine's os-release."""
        parts = "".join(f'. "$ROOT/cmake/dev/{part}.sh"; ' for part in ("lib", "install"))
        script = f"set -u; ROOT={ROOT}; {parts} OS_RELEASE={self.folder}/os-release; {call}"
        return self.run("bash", "-c", script, **environment)

    def os_release(self, text):
        (self.folder / "os-release").write_text(text)


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


def df_with(megabytes):
    return f"echo Filesystem Blocks Used Available Capacity Mounted; echo /dev/x 1 1 {megabytes} 1% /"


def test_a_disk_that_is_too_full_is_named_with_what_is_needed_and_the_way_out(machine):
    machine.program("df", df_with(14999))
    code, said = machine.dev("build")
    assert code == 1
    assert f"{ROOT} has 14999 MB free, 15000 MB are needed" in said
    assert "set CRESSET_CACHE to a folder on a larger disk" in said


def test_less_room_is_enough_once_the_cache_is_filled(machine):
    (machine.folder / "cache/kube/current").mkdir(parents=True)
    machine.program("df", df_with(3000))
    assert machine.function("check_disk") == (0, "")
    machine.program("df", df_with(2999))
    code, said = machine.function("check_disk")
    assert code == 1 and "3000 MB are needed" in said


def test_a_cache_that_cannot_be_made_is_named(machine):
    (machine.folder / "file").write_text("")
    code, said = machine.dev("build", CRESSET_CACHE=str(machine.folder / "file/cache"))
    assert code == 1 and f"cannot write to {machine.folder}/file/cache; set CRESSET_CACHE" in said


def test_another_distribution_is_named_with_the_packages_and_two_ways_out(machine):
    machine.os_release('ID=ubuntu\nVERSION_ID="24.04"\n')
    code, said = machine.function("check_distribution g++ cmake")
    assert code == 1 and "this is ubuntu 24.04" in said and "Debian 12" in said and "g++ cmake" in said
    assert "set CRESSET_ANY_DISTRIBUTION=1" in said
    code, said = machine.function("check_distribution g++", CRESSET_ANY_DISTRIBUTION="1")
    assert code == 0 and "warning: this is ubuntu 24.04" in said


def test_debian_12_passes_and_a_machine_without_os_release_does_not(machine):
    assert machine.function("check_distribution x")[0] == 1
    machine.os_release('ID=debian\nVERSION_ID="12"\n')
    assert machine.function("check_distribution x") == (0, "")


@pytest.mark.parametrize("verb", ["up", "down", "demo", "e2e"])
def test_without_root_the_verb_says_that_it_needs_it_and_how(machine, verb):
    machine.program("id", "echo 1000")
    code, said = machine.dev(verb)
    assert code == 1 and f"./dev {verb} needs root (" in said and f"sudo ./dev {verb}" in said


def test_missing_packages_are_named_to_those_who_may_not_install_them(machine):
    machine.os_release('ID=debian\nVERSION_ID="12"\n')
    machine.program("id", "echo 1000")
    machine.program("df", df_with(99999))
    machine.program("dpkg-query", "exit 1")
    code, said = machine.function("install_packages")
    assert code == 1 and "these Debian packages are missing: g++ cmake" in said and "run ./dev as root" in said


def test_an_apt_that_fails_is_quoted(machine):
    machine.os_release('ID=debian\nVERSION_ID="12"\n')
    machine.program("id", "echo 0")
    machine.program("df", df_with(99999))
    machine.program("dpkg-query", "exit 1")
    machine.program("apt-get", "echo 'Could not resolve the mirror'; exit 100")
    code, said = machine.function("install_packages")
    assert code == 1 and "Could not resolve the mirror" in said and "apt-get could not install them" in said


def test_an_unknown_verb_is_answered_with_those_that_exist(machine):
    code, said = machine.dev("biuld")
    assert code == 2 and "verb is 'biuld'; allowed are:" in said
    assert all(f"\n  {verb} " in said for verb in ("demo", "test", "build", "up", "down", "bench", "lint"))


@pytest.mark.parametrize("name", ["", "frame", "pods", "frame_test", "gateway serving", "../bench/spine", "operator/bench"])
def test_a_bench_is_one_that_runs_something(machine, name):
    code, said = machine.dev("bench", name)
    assert code == 1 and f"found '{name}'; allowed are: " in said
    allowed = set(said.partition("allowed are: ")[2].split())
    assert {"gateway", "operator", "serving", "spine"} <= allowed and not {"frame", "pods", "frame_test"} & allowed


def test_what_a_bench_builds_are_targets_of_its_folder_or_the_programs():
    known = (ROOT / "tests/bench/CMakeLists.txt").read_text() + "add_executable(cresset-worker add_executable(cresset "
    for bench in (ROOT / "tests/bench").rglob("*.py"):
        for line in bench.read_text().splitlines():
            if line.startswith("# builds: "):
                assert all(f"add_executable({target} " in known for target in line.split()[2:])


def test_what_is_cached_is_made_once_and_whole_or_not_at_all(machine, tmp_path):
    made = tmp_path / "made"
    script = f"make() {{ echo . >>{made}; [ $(wc -l <{made}) -gt 1 ] && touch $1/it; }}; thing() {{ cached {tmp_path}/thing make making it; }}; "
    code, said = machine.function(script + "thing")
    assert code == 1 and "FAILED" in said and not [path for path in tmp_path.glob("thing*") if path.is_dir()]
    code, said = machine.function(script + "thing && thing")
    assert code == 0 and said.count("making it") == 1 and (tmp_path / "thing" / "it").exists()


def test_the_key_of_a_go_tool_follows_its_sources_and_its_own_recipe_alone(machine, tmp_path):
    source = tmp_path / "tool" / "main.go"
    source.parent.mkdir()
    source.write_text("package main\n")

    def key(change=":"):
        code, said = machine.function('. "$ROOT/cmake/dev/tools.sh"; make_tool() { go_build "$1" a; }; '
                                      f"{change}; go_tool_key {tmp_path}/tool tool >&2")
        assert (code, len(said)) == (0, 17)
        return said

    first = key()
    assert first == key("make_kube() { :; }") == key('make_tool() {\n  # why\n  go_build "$1"   a\n}')
    assert first != key('make_tool() { go_build "$1" b; }')
    assert first != key("go_build() { :; }")
    source.write_text("package other\n")
    assert first != key()


def test_the_key_of_what_is_cached_follows_the_content_alone(machine, tmp_path):
    (tmp_path / "a").write_text("1")
    keys = lambda: machine.function(f"content_key {tmp_path}/a >&2")[1].strip()
    first = keys()
    os.utime(tmp_path / "a", (1, 1))
    assert keys() == first
    (tmp_path / "a").write_text("2")
    assert keys() != first
