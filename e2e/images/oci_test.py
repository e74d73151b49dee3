"""Images are functions of content: the same in, the same digest out."""
import io
import json
import os
import pathlib
import tarfile

import pytest

import contents
import images
import oci
import recipes
from oci import File


@pytest.fixture
def store(tmp_path):
    return oci.Store(tmp_path / "store")


def image_of(store, files, user="65532:65532"):
    return store.add_image([store.add_layer(files)], ["/usr/bin/tool"], user)


def archive(store, names, leave_out=()):
    out = io.BytesIO()
    oci.write_archive(out, store, names, leave_out)
    return tarfile.open(fileobj=io.BytesIO(out.getvalue()))


def test_the_digest_ignores_file_times_owners_and_the_order_of_entries(tmp_path):
    first, second = tmp_path / "a", tmp_path / "b"
    for path, when in ((first, 1), (second, 999)):
        path.write_bytes(b"program")
        os.utime(path, (when, when))
    one = image_of(oci.Store(tmp_path / "one"), [File("usr/bin/tool", source=str(first)), File("tmp", mode=0o1777)])
    two = image_of(oci.Store(tmp_path / "two"), [File("tmp", mode=0o1777), File("usr/bin/tool", source=str(second))])
    assert one == two


@pytest.mark.parametrize("changed", [
    File("usr/bin/tool", content=b"other"), File("usr/bin/tool", content=b"program", mode=0o600),
    File("usr/bin/tool2", content=b"program"), File("usr/bin/tool", link="elsewhere"),
])
def test_the_digest_changes_with_content_mode_path_and_kind(store, changed):
    original = image_of(store, [File("usr/bin/tool", content=b"program")])
    assert image_of(store, [changed]) != original


def test_a_layer_from_a_changed_file_is_made_anew_and_an_unchanged_one_is_not(store, tmp_path):
    path = tmp_path / "tool"
    path.write_bytes(b"one")
    first = store.add_layer([File("tool", source=str(path))])
    written = store.path(first.digest).stat().st_ino
    assert store.add_layer([File("tool", source=str(path))]) == first
    assert store.path(first.digest).stat().st_ino == written
    path.write_bytes(b"three")
    assert store.add_layer([File("tool", source=str(path))]) != first


def test_a_layer_names_every_folder_before_what_is_in_it():
    paths = [f.path for f in oci.with_folders([File("usr/lib/x", content=b""), File("usr/bin/y", content=b"")])]
    assert paths == ["usr", "usr/bin", "usr/bin/y", "usr/lib", "usr/lib/x"]


def test_the_layer_records_no_time_and_no_owner(store):
    layer = store.add_layer([File("a/b", content=b"x"), File("c", link="a/b")])
    with tarfile.open(store.path(layer.digest)) as tar:
        entries = tar.getmembers()
    assert {(e.mtime, e.uid, e.gid, e.uname, e.gname) for e in entries} == {(0, 0, 0, "", "")}
    assert {e.name: e.type for e in entries} == {"a": tarfile.DIRTYPE, "a/b": tarfile.REGTYPE, "c": tarfile.SYMTYPE}


def test_the_configuration_says_the_user_and_the_start(store):
    image = image_of(store, [File("usr/bin/tool", content=b"program")])
    config = store.read_json(store.read_json(image.digest)["config"]["digest"])
    assert config["config"]["User"] == "65532:65532"
    assert config["config"]["Entrypoint"] == ["/usr/bin/tool"]
    assert "created" not in config


def test_an_archive_holds_every_blob_once_and_both_names(store):
    image = image_of(store, [File("usr/bin/tool", content=b"program")])
    with archive(store, {"localhost/tool:dev": image, "localhost/tool:abc": image}) as tar:
        names = tar.getnames()
        index = json.load(tar.extractfile("index.json"))
    assert len(names) == len(set(names)) == 5
    assert [m["annotations"]["io.containerd.image.name"] for m in index["manifests"]] == [
        "localhost/tool:abc", "localhost/tool:dev"]


def test_a_layer_that_the_importer_has_is_left_out_and_everything_else_is_there(store):
    libraries = store.add_layer([File("lib/big", content=b"x" * 5000)])
    program = store.add_layer([File("usr/bin/tool", content=b"program")])
    image = store.add_image([libraries, program], ["/usr/bin/tool"], "65532:65532")
    with archive(store, {"localhost/tool:dev": image}, {libraries.digest}) as tar:
        names = set(tar.getnames())
    assert "blobs/sha256/" + libraries.digest[7:] not in names
    assert {"blobs/sha256/" + b.digest[7:] for b in (program, image)} <= names


def test_libraries_of_a_real_program_keep_their_layer_when_only_the_program_changes(store, tmp_path):
    layers = []
    for content in (b"", b"more"):
        program = tmp_path / f"tool{len(content)}" / "curl"
        program.parent.mkdir()
        program.write_bytes(pathlib.Path("/usr/bin/curl").read_bytes() + content)
        program.chmod(0o755)
        made = recipes.program_layers(str(program), tmp_path / f"work{len(content)}")
        layers.append({name: store.add_layer(files).digest for name, files in made})
    assert layers[0]["libraries"] == layers[1]["libraries"]


def test_the_libraries_of_a_program_include_the_loader_and_land_where_it_looks():
    found = contents.needed_libraries("/usr/bin/curl")
    assert contents.LOADER in found and "libc.so.6" in found
    paths = {f.path for f in contents.library_files(found)}
    assert "usr/lib64/ld-linux-x86-64.so.2" in paths and "usr/lib/x86_64-linux-gnu/libc.so.6" in paths


def test_what_lies_over_a_library_brings_what_it_needs_itself_and_the_layers_below_stay_the_same(store, tmp_path):
    curl = contents.needed_libraries("/usr/bin/curl")["libcurl.so.4"]
    plain = recipes.program_layers("/usr/bin/cat", tmp_path)
    made = recipes.program_layers("/usr/bin/cat", tmp_path, instead={"libc.so.6": curl})
    assert [name for name, _ in made] == ["libraries", "instead", "program"]
    assert [store.add_layer(files) for name, files in made if name != "instead"] == [store.add_layer(files) for _, files in plain]
    paths = {f.path: f.source for f in made[1][1] if f.source}
    folder = contents.LIBRARY_FOLDER
    assert paths[f"{folder}/libc.so.6"] == os.path.realpath(curl) and f"{folder}/libssl.so.3" in paths
    assert f"usr/lib64/{contents.LOADER}" not in paths  # which the layer below has


def test_every_image_has_certificates_users_and_a_writable_tmp():
    files = {f.path: f for f in contents.common_files()}
    assert files["tmp"].mode == 0o1777
    assert b"65532" in files["etc/passwd"].content
    assert files["etc/ssl/certs/ca-certificates.crt"].source


@pytest.fixture
def tree(tmp_path):
    (tmp_path / "e2e/images").mkdir(parents=True)
    (tmp_path / "e2e/images/pause.c").write_text("int main(void) { return 0; }\n")
    return tmp_path


def test_an_image_that_is_not_built_is_answered_with_the_command_that_makes_it(tree):
    made = images.Images(tree, tree / "cache", {})
    with pytest.raises(recipes.NotBuilt, match="operator/cresset is not there; `./dev build` makes it"):
        made.build("cresset")
    with pytest.raises(recipes.NotBuilt, match="./dev images"):
        made.image("pause")


@pytest.fixture
def cuda_worker(tree, monkeypatch):
    """The recipe of cresset-worker-cuda, {layer: names of its libraries}, for a program that is linked with these."""
    packages = tree / "site-packages"
    for path in ("torch/lib/libtorch_cuda.so", "nvidia/cu13/lib/libcublas.so.13", "nvidia/cudnn/lib/libcudnn_engines.so.9",
                 "torch-root/cuda/lib/libcudart.so.13", "build/cuda/worker/cresset-worker"):
        file = (packages if path.startswith(("torch/", "nvidia/")) else tree) / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x")
    monkeypatch.setattr(contents, "program_file", lambda program, folder: File("usr/bin/cresset-worker", content=b"x"))

    def layers(*linked):
        found = {pathlib.Path(path).name: str(packages / path) for path in linked}
        monkeypatch.setattr(contents, "needed_libraries", lambda program: found)
        made = recipes.cresset_worker_cuda(recipes.Inputs(tree, tree / "work", {
            "CRESSET_TORCH_ROOT": str(tree / "torch-root"), "CRESSET_ARROW_ROOT": str(tree / "arrow")}))
        return {name: {pathlib.Path(file.path).name for file in files if ".so" in file.path} for name, files in made.layers}

    return layers


def test_a_cuda_worker_with_libtorchs_part_for_gpus_has_nvidias_libraries_those_opened_by_name_too(cuda_worker):
    layers = cuda_worker("torch/lib/libtorch_cuda.so", "nvidia/cu13/lib/libcublas.so.13")
    assert layers["tensors"] == {"libtorch_cuda.so", "libcublas.so.13"}
    assert layers["instead"] == {"libcudnn_engines.so.9", "libcudart.so.13"}


def test_a_cuda_worker_without_it_has_none_of_them(cuda_worker):
    layers = cuda_worker()
    assert "tensors" not in layers and layers["instead"] == {"libcudart.so.13"}


def test_an_image_over_its_limit_is_refused_with_both_numbers(tree, monkeypatch):
    heavy = recipes.Recipe([("program", [File("a", content=b"x" * 2_000_000)])], ["/a"], limit=recipes.MEGABYTE)
    monkeypatch.setitem(recipes.RECIPES, "pause", lambda inputs: heavy)
    with pytest.raises(images.TooLarge, match="pause is 2.0 MB, its limit is 1 MB"):
        images.Images(tree, tree / "cache", {}).build("pause")


def test_the_chart_is_told_the_digests_of_what_is_built(tree, monkeypatch):
    small = recipes.Recipe([("program", [File("a", content=b"x")])], ["/a"])
    monkeypatch.setitem(recipes.RECIPES, "cresset", lambda inputs: small)
    made = images.Images(tree, tree / "cache", {})
    image, _ = made.build("cresset")
    made.write_values()
    values = (tree / "build/images/values.yaml").read_text()
    assert f"  cresset: localhost/cresset:{image.digest[7:19]}\n" in values and "pullPolicy: Never" in values


def test_the_layers_can_be_laid_out_as_folders_for_the_dockerfile(tree):
    made = images.Images(tree, tree / "cache", {})
    images.run_rootfs(made, "pause", str(tree / "out"))
    program = tree / "out/program/pause"
    assert program.stat().st_mode & 0o777 == 0o755
