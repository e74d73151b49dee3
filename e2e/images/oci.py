"""OCI images without a daemon: layers, configs and manifests as files in a blob store.

Everything is a function of content: layers are uncompressed tars in sorted order with mtime 0
and owner 0, JSON is written with sorted keys, no date is recorded. So an image's digest changes
only when what is in it does. A Store is a folder; it is safe to share between processes, since
each blob is written beside its place and renamed.

    store = Store(path)
    layer = store.add_layer([File("usr/bin/tool", source="/tmp/tool", mode=0o755)])
    image = store.add_image([layer], entrypoint=["/usr/bin/tool"], user="65532:65532")
    write_archive(open("tool.tar", "wb"), store, {"localhost/tool:dev": image})
"""
import dataclasses
import hashlib
import io
import json
import os
import pathlib
import tarfile
import tempfile

LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar"
CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclasses.dataclass(frozen=True)
class File:
    """One entry of a layer: exactly one of source, content and link, or none for a folder."""

    path: str
    source: str = None
    content: bytes = None
    link: str = None
    mode: int = 0o644

    @property
    def is_folder(self):
        return self.source is None and self.content is None and self.link is None

    def fingerprint(self):
        """Changes when the entry may have: a source counts by its place, size and time."""
        stat = os.stat(self.source) if self.source else None
        state = (os.path.realpath(self.source), stat.st_size, stat.st_mtime_ns) if stat else ()
        content = hashlib.sha256(self.content).hexdigest() if self.content is not None else ""
        return [self.path, self.mode, self.link or "", content, *state]


@dataclasses.dataclass(frozen=True)
class Blob:
    digest: str
    size: int


class Store:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self._blobs = self.folder / "blobs" / "sha256"
        self._known = self.folder / "layers"
        self._blobs.mkdir(parents=True, exist_ok=True)
        self._known.mkdir(parents=True, exist_ok=True)

    def path(self, digest):
        return self._blobs / digest.removeprefix("sha256:")

    def read_json(self, digest):
        return json.loads(self.path(digest).read_bytes())

    def add_bytes(self, data):
        digest = "sha256:" + hashlib.sha256(data).hexdigest()
        if self.path(digest).exists():
            os.utime(self.path(digest))
        else:
            with tempfile.NamedTemporaryFile(dir=self.folder, delete=False) as f:
                f.write(data)
            os.rename(f.name, self.path(digest))
        return Blob(digest, len(data))

    def add_layer(self, files):
        """Writes the layer unless one was made from the same files in the same state."""
        files = with_folders(files)
        prints = json.dumps([f.fingerprint() for f in files]).encode()
        note = self._known / hashlib.sha256(prints).hexdigest()
        if note.exists():
            blob = Blob(**json.loads(note.read_text()))
            if self.path(blob.digest).exists():
                os.utime(self.path(blob.digest))
                return blob
        blob = self._write_layer(files)
        with tempfile.NamedTemporaryFile("w", dir=self.folder, delete=False) as f:
            json.dump(dataclasses.asdict(blob), f)
        os.rename(f.name, note)
        return blob

    def _write_layer(self, files):
        with tempfile.NamedTemporaryFile(dir=self.folder, delete=False) as f:
            sink = _HashingWriter(f)
            with tarfile.open(fileobj=sink, mode="w|", format=tarfile.PAX_FORMAT) as tar:
                for entry in files:
                    _add_entry(tar, entry)
        blob = Blob("sha256:" + sink.hash.hexdigest(), sink.size)
        os.rename(f.name, self.path(blob.digest))
        return blob

    def add_image(self, layers, entrypoint, user, env=(), workdir="/"):
        """Returns the Blob of the manifest: its digest is the image's."""
        config = self.add_bytes(_json({
            "architecture": "amd64", "os": "linux",
            "config": {"Entrypoint": list(entrypoint), "User": user, "WorkingDir": workdir,
                       "Env": [PATH, *env]},
            "rootfs": {"type": "layers", "diff_ids": [layer.digest for layer in layers]},
        }))
        return self.add_bytes(_json({
            "schemaVersion": 2, "mediaType": MANIFEST_TYPE,
            "config": _descriptor(CONFIG_TYPE, config),
            "layers": [_descriptor(LAYER_TYPE, layer) for layer in layers],
        }))

    def image_size(self, manifest_digest):
        return sum(layer["size"] for layer in self.read_json(manifest_digest)["layers"])

    def prune(self, keep_seconds, now):
        """Removes layers that no build has used for that long."""
        for blob in self._blobs.iterdir():
            if blob.stat().st_mtime < now - keep_seconds:
                blob.unlink()


def write_archive(out, store, names, leave_out=frozenset()):
    """Writes an OCI archive of {name: manifest Blob} to the binary file `out`.

    Blobs whose digest is in `leave_out` are not written: the importer has them already.
    """
    wanted = set()
    for manifest in names.values():
        content = store.read_json(manifest.digest)
        wanted |= {manifest.digest, content["config"]["digest"]}
        wanted |= {layer["digest"] for layer in content["layers"]} - set(leave_out)
    index = {"schemaVersion": 2, "manifests": [
        {**_descriptor(MANIFEST_TYPE, manifest), "annotations": {
            "io.containerd.image.name": name,
            "org.opencontainers.image.ref.name": name.rsplit(":", 1)[-1]}}
        for name, manifest in sorted(names.items())]}
    with tarfile.open(fileobj=out, mode="w|", format=tarfile.USTAR_FORMAT, bufsize=1 << 20) as tar:
        _add_entry(tar, File("oci-layout", content=b'{"imageLayoutVersion":"1.0.0"}'))
        for digest in sorted(wanted):
            _add_entry(tar, File("blobs/sha256/" + digest.removeprefix("sha256:"),
                                 source=str(store.path(digest))))
        _add_entry(tar, File("index.json", content=_json(index)))


def with_folders(files):
    """The files sorted by path, each folder on the way to one named before it."""
    entries = {}
    for entry in files:
        parts = entry.path.split("/")
        for depth in range(1, len(parts)):
            folder = "/".join(parts[:depth])
            entries.setdefault(folder, File(folder, mode=0o755))
        entries[entry.path] = entry
    return [entries[path] for path in sorted(entries)]


class _HashingWriter:
    def __init__(self, sink):
        self._sink, self.hash, self.size = sink, hashlib.sha256(), 0

    def write(self, data):
        self._sink.write(data)
        self.hash.update(data)
        self.size += len(data)
        return len(data)


def _add_entry(tar, entry):
    info = tarfile.TarInfo(entry.path)
    info.mode = entry.mode
    if entry.is_folder:
        info.type = tarfile.DIRTYPE
        tar.addfile(info)
    elif entry.link is not None:
        info.type, info.linkname, info.mode = tarfile.SYMTYPE, entry.link, 0o777
        tar.addfile(info)
    elif entry.content is not None:
        info.size = len(entry.content)
        tar.addfile(info, io.BytesIO(entry.content))
    else:
        with open(entry.source, "rb") as source:
            info.size = os.fstat(source.fileno()).st_size
            tar.addfile(info, source)


def _descriptor(media_type, blob):
    return {"mediaType": media_type, "digest": blob.digest, "size": blob.size}


def _json(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
