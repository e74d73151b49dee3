"""Object stores on loopback, with a client of each on this side: VersityGW (S3) and fake-gcs-server (GCS)."""
import contextlib
import dataclasses
import os
import socket
import subprocess
import time

import pyarrow.fs

from tests.support.operator import free_port

BUCKETS = ("data", "models")
KEYS = {"AWS_ACCESS_KEY_ID": "tester", "AWS_SECRET_ACCESS_KEY": "tester-secret"}


@dataclasses.dataclass
class Store:
    scheme: str
    endpoint: str
    environment: dict  # of who reads and writes there
    files: pyarrow.fs.FileSystem

    def uri(self, path):
        return f"{self.scheme}://{path}"

    def write(self, path, data):
        with self.files.open_output_stream(path) as stream:
            stream.write(data)

    def read(self, path):
        with self.files.open_input_stream(path) as stream:
            return stream.read()

    def paths(self, folder):
        """Of all objects below, however deep; none if there is no such folder."""
        selector = pyarrow.fs.FileSelector(folder, recursive=True, allow_not_found=True)
        return sorted(info.path for info in self.files.get_file_info(selector) if info.is_file)


@contextlib.contextmanager
def serving(words, port, log, seconds=20):
    """A server that runs while the context does, once it listens."""
    with open(log, "w") as out, subprocess.Popen(words, stdout=out, stderr=out) as server:
        try:
            end = time.monotonic() + seconds
            while True:
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                    break
                if server.poll() is not None or time.monotonic() > end:
                    raise OSError(f"no store: {words[0]} does not listen; see {log}")
                time.sleep(0.02)
            yield
        finally:
            server.terminate()


@contextlib.contextmanager
def s3(folder):
    """VersityGW, whose buckets are the folders in `folder`/s3."""
    port, root = free_port(), folder / "s3"
    for bucket in BUCKETS:
        (root / bucket).mkdir(parents=True, exist_ok=True)
    words = [os.environ["CRESSET_VERSITYGW"], "--access", KEYS["AWS_ACCESS_KEY_ID"], "--secret", KEYS["AWS_SECRET_ACCESS_KEY"],
             "--port", f"127.0.0.1:{port}", "--quiet", "posix", str(root)]
    with serving(words, port, folder / "s3.log"):
        client = pyarrow.fs.S3FileSystem(endpoint_override=f"127.0.0.1:{port}", scheme="http", region="us-east-1",
                                         access_key=KEYS["AWS_ACCESS_KEY_ID"], secret_key=KEYS["AWS_SECRET_ACCESS_KEY"])
        yield Store("s3", f"http://127.0.0.1:{port}", {**KEYS, "AWS_EC2_METADATA_DISABLED": "true"}, client)


@contextlib.contextmanager
def gcs(folder):
    """fake-gcs-server, which keeps all in memory and lets everybody do everything."""
    port = free_port()
    address = f"127.0.0.1:{port}"
    words = [os.environ["CRESSET_FAKE_GCS_SERVER"], "-backend", "memory", "-scheme", "http", "-host", "127.0.0.1", "-port", str(port),
             "-public-host", address, "-log-level", "error"]
    with serving(words, port, folder / "gcs.log"):
        client = pyarrow.fs.GcsFileSystem(anonymous=True, endpoint_override=address, scheme="http", project_id="tests")
        for bucket in BUCKETS:
            client.create_dir(bucket)
        yield Store("gs", f"http://{address}", {}, client)
