"""What of ./dev bench learning needs no training: how a run is read, and which peer counts."""
import os

import learners
import learning
import pyarrow.parquet
import pytest
from frame import Bench
from learners import Watched
from learning_cases import CASES, GPU_CASES, config_of, make_table


def test_a_step_is_what_the_warm_part_of_a_run_took_and_the_start_ends_with_the_first_step():
    run = learners.watched(10.0, [(11.0, 1.0, 0), (12.0, 2.0, 5), (13.0, 3.0, 15), (14.0, 5.0, 25)], 80)
    assert (run.step, run.cpu, run.start, run.memory) == (0.1, 0.15, 1.1, 80)


def test_a_run_without_steps_says_so():
    with pytest.raises(OSError, match="no steps in 2.0 s"):
        learners.watched(0.0, [(1.0, 0, 0), (2.0, 1, 7), (3.0, 2, 7)], 80)


def test_the_peer_is_its_quickest_form_and_every_row_is_there():
    runs = {"nchw": [Watched(3, 6, 1, 9), Watched(5, 6, 1, 9), Watched(4, 6, 1, 9)],
            "channels_last": [Watched(2, 4, 2, 8), Watched(2, 4, 2, 8), Watched(9, 4, 2, 8)]}
    made = Bench("x")
    learning.rows(made, "cnn/1", [Watched(1, 1, 4, 2)] * 3, learning.quickest(runs, runs), "PyTorch")
    assert [(row["what"], row["peer"], row["ratio"]) for row in made.rows] == [
        ("train_step/cnn/1", 2, 2.0), ("cpu/cnn/1", 4, 4.0), ("start/cnn/1", 2, 0.5), ("memory/cnn/1", 8, 4.0)]


def test_images_alone_are_tried_in_both_memory_formats():
    assert list(learning.peers("resnet", "t", 1, 1, 1)) == ["nchw", "channels_last"]
    assert list(learning.peers("gpt", "t", 1, 1, 1)) == ["nchw"]


@pytest.mark.parametrize("name", CASES)
def test_a_table_has_the_values_of_its_samples_and_its_config_names_it(name, tmp_path):
    case = {**CASES[name], "rows": 3}
    make_table(case, tmp_path / "t.parquet")
    table = pyarrow.parquet.read_table(tmp_path / "t.parquet")
    values = 1
    for size in case["shape"]:
        values *= size
    assert (table.num_rows, table.num_columns) == (3, values + 1)
    config = config_of(name, case, tmp_path / "t.parquet", tmp_path / "models")
    assert config["training"]["data"]["train"]["uri"] == f"file://{tmp_path}/t.parquet"
    assert config["training"]["model"]["parameters"] == CASES[name]["parameters"]


def test_of_a_gpu_the_compiled_peer_is_tried_too_and_rows_that_were_not_run_say_why():
    assert list(learning.peers_of_gpu("gpt_124m", "t", 1, 1)) == ["eager", "compiled"]
    assert list(learning.peers_of_gpu("resnet50", "t", 1, 1)) == ["eager", "compiled", "channels_last eager", "channels_last compiled"]
    made = Bench("x")
    learning.missing_gpu(made, "resnet50", "no GPU")
    assert [(row["what"], row["note"]) for row in made.rows][-1] == ("images/resnet50/gpu", "no GPU")
    assert len(made.rows) == 5


def test_a_sample_of_many_values_is_one_list(tmp_path):
    case = {**GPU_CASES["resnet50"], "rows": 2}
    make_table(case, tmp_path / "t.parquet")
    table = pyarrow.parquet.read_table(tmp_path / "t.parquet")
    assert table.column_names == ["c", "label"] and table.schema.field("c").type.list_size == 3 * 224 * 224
    assert config_of("resnet50", case, tmp_path / "t.parquet", tmp_path)["training"]["precision"] == "bf16"


def test_a_model_that_is_not_known_is_told_with_those_that_are():
    with pytest.raises(SystemExit, match="--only: found 'vgg', allowed are mlp_small"):
        learning.chosen("vgg", list(CASES), "--only")
    assert learning.chosen("", ["a", "b"], "--only") == ["a", "b"]


def test_memory_counts_each_process():
    one = learners.memory_of([os.getpid()])
    assert 2 * one * 0.9 < learners.memory_of([os.getpid(), os.getpid()]) < 2 * one * 1.1
