"""Every sample in manifests/samples is taken by the API server as it stands."""
import pathlib

import pytest

SAMPLES = sorted((pathlib.Path(__file__).resolve().parents[3] / "manifests" / "samples").glob("*.yaml"))


def test_there_are_samples_of_both_kinds():
    text = "\n".join(path.read_text() for path in SAMPLES)
    assert "kind: TrainingJob" in text and "kind: ModelService" in text


@pytest.mark.parametrize("path", SAMPLES, ids=[p.name for p in SAMPLES])
def test_a_sample_is_taken(kube, path):
    answer = kube.run("apply", "--server-side", "--dry-run=server", "--validate=strict", "-f", str(path), check=False)
    assert answer.returncode == 0, answer.stderr


@pytest.mark.parametrize("field", ["trainingjob.spec.training.optimizer", "trainingjob.spec.workers.count",
                                   "modelservice.spec.scaling", "modelservice.spec.access.mode"])
def test_explain_tells_what_a_field_is(kube, field):
    text = kube.run("explain", field).stdout
    assert "DESCRIPTION" in text
    assert "<empty>" not in text, text
