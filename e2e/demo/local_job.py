"""The demo's TrainingJob for `cresset run`: the same YAML with files in place of the S3 store."""
import yaml

from digits.story import JOB
from support import digits

PROGRAM = "build/release/operator/cresset"


def job(folder):
    """The YAML, with every URI below `folder`."""
    made = yaml.safe_load(JOB)
    spec = made["spec"]
    del spec["storage"]
    files = folder.resolve()
    spec["training"]["data"]["train"]["uri"] = f"file://{files}/train.parquet"
    spec["training"]["data"]["validation"]["uri"] = f"file://{files}/kept-out.parquet"
    spec["checkpoint"]["uri"] = f"file://{files}/checkpoints"
    spec["output"]["uri"] = f"file://{files}/models"
    return yaml.safe_dump(made, sort_keys=False)


def write(folder):
    """Writes the job and its data; the path of the job."""
    folder.mkdir(parents=True, exist_ok=True)
    pixels, labels, kept_pixels, kept_labels = digits.load()
    (folder / "train.parquet").write_bytes(digits.parquet(pixels, labels))
    (folder / "kept-out.parquet").write_bytes(digits.parquet(kept_pixels, kept_labels))
    (folder / "job.yaml").write_text(job(folder))
    return folder / "job.yaml"
