"""A small job that needs seconds: which of two numbers is larger, from a CSV in an S3 server of the namespace."""
import contextlib

from support import store

JOB = """
apiVersion: cresset.dev/v1alpha1
kind: TrainingJob
metadata: {name: points}
spec:
  workers: {count: 1, resources: {requests: {cpu: 100m, memory: 256Mi}}}
  storage: {secretRef: {name: s3}, endpoint: "http://s3:7070"}
  training:
    model: {architecture: mlp, parameters: {hidden: [8]}}
    data: {train: {uri: s3://data/points.csv}, label: side}
    epochs: EPOCHS
    batchSize: 20
  output: {uri: s3://models/points}
"""


@contextlib.contextmanager
def namespace(kube, name, s3_image):
    """Kube in a namespace with the S3 server and the data; everything goes when the context ends."""
    kube = kube.in_namespace(name)
    kube.run("create", "namespace", name)
    try:
        with store.started(kube, s3_image) as s3:
            lines = ["x,y,side"] + [f"{i % 17},{i % 13},{int(i % 17 > i % 13)}" for i in range(200)]
            store.write(s3, "data/points.csv", "\n".join(lines).encode())
        yield kube
    finally:
        kube.run("delete", "trainingjob,modelservice", "--all", "--timeout=60s", check=False)
        kube.run("delete", "namespace", name, "--wait=false", check=False)

