"""cmake/lint.py on small trees: each rule that is broken is named with file and line, a clean tree passes."""
import pathlib
import subprocess
import sys

import pytest

LINT = pathlib.Path(__file__).resolve().parent.parent / "lint.py"
HEADER = "#pragma once\n\n// What it is.\n\n"
CLEAN = {
    "operator/base/error.h": HEADER + "#include <string>\n",
    "operator/net/client/http.h": HEADER + '#include "operator/base/error.h"\n',
    "crds/job.cc": '#include <vector>\n\n#include "crds/worker_contract/paths.h"\n#include <operator/base/error.h>\n',
    "tests/unit/operator/base/error_test.cc": '#include "operator/base/error.h"\n#include "tests/support/any.h"\n',
    "tests/unit/operator/base/CMakeLists.txt": "cresset_test(operator_base\n  SOURCES a_test.cc error_test.cc)\n",
    "cmake/a.py": "x = 1\n" * 500,
}


@pytest.fixture
def lint(tmp_path):
    """lint(PATH=TEXT...): what lint prints about the clean tree with these files, and its exit status."""

    def run(files):
        subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
        for path, text in {**CLEAN, **files}.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(text)
        done = subprocess.run([sys.executable, str(LINT), "--root", str(tmp_path)], capture_output=True, text=True,
                              check=False)
        return done.stdout.splitlines(), done.returncode

    return run


def test_a_clean_tree_passes(lint):
    assert lint({}) == ([], 0)


def test_a_symbolic_link_is_a_finding(lint, tmp_path):
    (tmp_path / "helm").mkdir()
    (tmp_path / "helm" / "files").symlink_to("../crds")
    findings, code = lint({})
    assert code == 1 and len(findings) == 1 and findings[0].startswith("helm/files:1: a symbolic link")


@pytest.mark.parametrize("path, text, finding", [
    ("operator/base/error.cc", '#include <string>\n\n#include "operator/base/result.h"\n#include "operator/base/error.h"\n',
     "operator/base/error.cc:1: its own header operator/base/error.h must be included first"),
    ("operator/net/client/feed.cc", '#include "operator/base/error.h"\n#include "crds/job.h"\n',
     "operator/net/client/feed.cc:2: the arrow operator/net/client -> crds does not exist (crds/job.h)"),
    ("operator/net/client/feed.cc", "\n#include <crds/job.h>\n",
     "operator/net/client/feed.cc:2: the arrow operator/net/client -> crds does not exist (crds/job.h)"),
    ("operator/net/client/feed.cc", "  #  include <worker/model/model.h>\n",
     "operator/net/client/feed.cc:1: the arrow operator/net/client -> worker/model does not exist (worker/model/model.h)"),
    ("operator/main.cc", '#include "worker/config/config.h"\n',
     "operator/main.cc:1: the operator may not include the worker (worker/config/config.h)"),
    ("operator/main.cc", "#include <tests/support/any.h>\n",
     "operator/main.cc:1: only tests may include tests/support/any.h"),
    ("operator/base/log.cc", '#include "error.h"\n',
     'operator/base/log.cc:1: include "error.h" does not start at the root of the repository'),
    ("operator/new/a.cc", '#include "operator/base/error.h"\n',
     "operator/new/a.cc:1: folder operator/new has no arrows in cmake/lint.py; add a row"),
    ("crds/a.cc", '#include "operator/new/a.h"\n',
     "crds/a.cc:1: includes operator/new/a.h, but operator/new has no row in cmake/lint.py"),
    ("cmake/a.py", "x = 1\n" * 501, "cmake/a.py:501: 501 lines; split it (a file has at most 500)"),
    ("operator/base/log.h", "\n// What it is.\n#include <string>\n", "operator/base/log.h:1: no #pragma once"),
    ("operator/base/log.h", "#pragma once\n\n#include <string>\n// Late.\n",
     "operator/base/log.h:1: no opening paragraph (what it is, owner, threads, lifetime)"),
    ("crds/a.cc", "\n\nauto now = std::chrono::system_clock::now();\n", "crds/a.cc:3: system_clock::now in a pure folder"),
    ("controllers/x/plan.cc", "std::jthread t;\n", "controllers/x/plan.cc:1: std::jthread in a pure folder"),
    ("controllers/training_job/round.cc", "\nauto when = std::chrono::steady_clock::now();\n",
     "controllers/training_job/round.cc:2: steady_clock::now in a pure folder"),
    ("controllers/model_service/reconciling.cc", "Time when(base::Clock& clock);\n",
     "controllers/model_service/reconciling.cc:1: Clock& in a pure folder"),
    ("tests/unit/operator/base/a_test.cc", "\nstd::this_thread::sleep_for(1s);\n",
     "tests/unit/operator/base/a_test.cc:2: a unit test that sleeps"),
    ("tests/unit/operator/base/b_test.cc", "\n",
     "tests/unit/operator/base/b_test.cc:1: tests/unit/operator/base/CMakeLists.txt does not name it, so that it never runs"),
    ("tests/unit/nowhere/a_test.cc", "\n",
     "tests/unit/nowhere/a_test.cc:1: there is no folder nowhere that it could be the twin of"),
    ("operator/base/a.cc", "\nstd::system(words);\n", "operator/base/a.cc:2: ::system(: nothing of ours starts a shell"),
    ("operator/base/a.cc", "\n// TO" "DO: later\n", "operator/base/a.cc:2: a TODO without a reason: TODO(reason)"),
])
def test_a_broken_rule_is_named_with_file_and_line(lint, path, text, finding):
    assert lint({path: text}) == ([finding], 1)


@pytest.mark.parametrize("name", ["training_job/reconciler", "model_service/reconciler", "model_service/load_board",
                                  "training_job/progress_budget"])
def test_what_reads_and_is_woken_for_a_controller_may_have_threads_and_a_clock(lint, name):
    text = "std::jthread thread;\nstd::mutex mutex;\nTime when(base::Clock& clock);\n"
    assert lint({f"controllers/{name}.cc": text}) == ([], 0)


def test_what_git_ignores_is_not_looked_at(lint):
    assert lint({".gitignore": "build/\n", "build/a.h": "no header\n"}) == ([], 0)
