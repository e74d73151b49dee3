"""Which run of demo and test is noted under which label."""
import json
import os

import pytest
import spine


@pytest.fixture
def ran(monkeypatch, tmp_path):
    """Leaves what a demo, or a test, leaves that took so long and ended at that second."""
    monkeypatch.setattr(spine, "ROOT", tmp_path)
    monkeypatch.setattr(spine, "KEPT", tmp_path / "build" / "bench" / "spine-runs.json")

    def leave(what, seconds, ended):
        demo = tmp_path / "build" / "demo.json"
        files = [demo] if what == "demo" else [tmp_path / "build" / "test" / stage / "seconds" for stage in spine.STAGES]
        for path in files:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps({"seconds_total": seconds, "seconds_first_answer_from_zero": 2.0}) if what == "demo"
                            else str(seconds / len(files)))
            os.utime(path, (ended, ended))
    return leave


def test_a_run_is_noted_under_its_label_and_under_no_other_until_it_ran_again(ran, capsys):
    ran("demo", 900, ended=1000)
    assert spine.read_runs("cold")["cold"]["demo"] == 900
    assert "demo" not in spine.read_runs("warm")["warm"]
    assert "the last ./dev demo is noted as cold already: run it once more to note it as warm" in capsys.readouterr().err
    ran("demo", 150, ended=2000)
    kept = spine.read_runs("warm")
    assert (kept["cold"]["demo"], kept["warm"]["demo"]) == (900, 150)
    assert spine.read_runs("warm")["warm"]["demo"] == 150, "its own label may be noted again"


def test_a_test_that_did_not_run_again_keeps_no_demo_from_being_noted(ran):
    ran("demo", 900, ended=1000)
    ran("test", 6000, ended=1500)
    spine.read_runs("cold")
    ran("demo", 150, ended=2000)
    warm = spine.read_runs("warm")["warm"]
    assert warm["demo"] == 150 and "test" not in warm
