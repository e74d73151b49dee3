"""The S3 server of the stories (VersityGW in a pod) and a client of it on this side."""
import contextlib

import pyarrow.fs

from support.kube import wait_for

ACCESS_KEY = "cresset-demo"
SECRET_KEY = "not-a-secret-just-a-demo"

MANIFEST = """
apiVersion: v1
kind: Secret
metadata: {{name: s3}}
stringData: {{AWS_ACCESS_KEY_ID: {access}, AWS_SECRET_ACCESS_KEY: {secret}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: s3, labels: {{app: s3}}}}
spec:
  selector: {{matchLabels: {{app: s3}}}}
  template:
    metadata: {{labels: {{app: s3}}}}
    spec:
      automountServiceAccountToken: false
      securityContext: {{runAsNonRoot: true, runAsUser: 65532, fsGroup: 65532, seccompProfile: {{type: RuntimeDefault}}}}
      containers:
      - name: s3
        image: {image}
        imagePullPolicy: Never
        args: [--port, ":7070", posix, /data]
        env:
        - {{name: ROOT_ACCESS_KEY, valueFrom: {{secretKeyRef: {{name: s3, key: AWS_ACCESS_KEY_ID}}}}}}
        - {{name: ROOT_SECRET_KEY, valueFrom: {{secretKeyRef: {{name: s3, key: AWS_SECRET_ACCESS_KEY}}}}}}
        ports: [{{containerPort: 7070}}]
        readinessProbe: {{tcpSocket: {{port: 7070}}, periodSeconds: 1}}
        securityContext: {{allowPrivilegeEscalation: false, capabilities: {{drop: [ALL]}}, readOnlyRootFilesystem: true}}
        volumeMounts: [{{name: data, mountPath: /data}}, {{name: tmp, mountPath: /tmp}}]
      volumes: [{{name: data, emptyDir: {{}}}}, {{name: tmp, emptyDir: {{}}}}]
---
apiVersion: v1
kind: Service
metadata: {{name: s3}}
spec: {{selector: {{app: s3}}, ports: [{{port: 7070}}]}}
"""


def manifest(image):
    return MANIFEST.format(access=ACCESS_KEY, secret=SECRET_KEY, image=image)


def client(port):
    """An S3 file system of pyarrow on a port of 127.0.0.1."""
    return pyarrow.fs.S3FileSystem(
        access_key=ACCESS_KEY, secret_key=SECRET_KEY, endpoint_override=f"127.0.0.1:{port}", scheme="http",
        region="us-east-1", allow_bucket_creation=True)


@contextlib.contextmanager
def reached(kube):
    """A client of the S3 server in the namespace of `kube`."""
    with kube.reach("s3", 7070) as port:
        yield client(port)


@contextlib.contextmanager
def started(kube, image):
    """The S3 server in the namespace of `kube`, with the buckets data and models, and a client of it."""
    wait_for("the default account", lambda: kube.get("serviceaccount", "default"), 30)
    kube.apply(manifest(image))
    kube.run("rollout", "status", "deployment/s3", "--timeout=60s")
    with reached(kube) as s3:
        s3.create_dir("data")
        s3.create_dir("models")
        yield s3


def read(store, path):
    with store.open_input_stream(path) as stream:
        return stream.read()


def write(store, path, data):
    with store.open_output_stream(path) as stream:
        stream.write(data)


def names(store, path):
    """Every file below a path, or nothing when it does not exist."""
    selector = pyarrow.fs.FileSelector(path, allow_not_found=True, recursive=True)
    return [f.path for f in store.get_file_info(selector) if f.type == pyarrow.fs.FileType.File]
