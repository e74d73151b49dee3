#!/usr/bin/env python3
"""Builds Cresset's images without a Docker daemon or a registry.

usage: images.py build NAME...            makes the images and lists them (build/images/index.json);
                                          values.yaml beside it names them for the chart
       images.py names                    prints the names of the images that are built
       images.py tag NAME                 prints localhost/NAME:DIGEST of the last build
       images.py archive FILE NAME...     writes an OCI archive ("-" for standard output); with
                                          --present LIST, a file of digests, without those layers
       images.py rootfs NAME DIR          lays the layers out as folders DIR/LAYER (for the Dockerfile)

NAME is one of cresset, cresset-worker, cresset-worker-cuda, pause, coredns, versitygw.
Each image has two tags: the first 12 digits of its digest, and dev.
"""
import argparse
import json
import os
import pathlib
import shutil
import sys
import time

import contents
import oci
import recipes

ROOT = pathlib.Path(__file__).resolve().parents[2]
USER = f"{contents.USER_ID}:{contents.USER_ID}"
KEEP_SECONDS = 14 * 24 * 3600
CHART_VALUES = {"cresset": "cresset", "worker": "cresset-worker", "workerCuda": "cresset-worker-cuda"}


def default_cache(environment):
    home = environment.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return pathlib.Path(environment.get("CRESSET_CACHE") or pathlib.Path(home, "cresset"))


class Images:
    def __init__(self, root, cache, environment):
        self._work = root / "build" / "images"
        self._work.mkdir(parents=True, exist_ok=True)
        self._index = self._work / "index.json"
        self._inputs = recipes.Inputs(root, self._work, environment)
        self.store = oci.Store(cache / "images")

    def recipe(self, name):
        return recipes.RECIPES[name](self._inputs)

    def build(self, name):
        recipe = self.recipe(name)
        layers = [self.store.add_layer(files) for _, files in recipe.layers]
        image = self.store.add_image(layers, recipe.entrypoint, USER)
        for blob in [image, *layers]:
            os.utime(self.store.path(blob.digest))
        sizes = [(layer, blob.size) for (layer, _), blob in zip(recipe.layers, layers)]
        total = sum(size for _, size in sizes)
        if recipe.limit and total > recipe.limit:
            raise TooLarge(f"{name} is {total / 1e6:.1f} MB, its limit is {recipe.limit / 1e6:.0f} MB")
        self._remember(name, image)
        return image, sizes

    def built(self):
        if not self._index.exists():
            return {}
        entries = json.loads(self._index.read_text())
        images = {name: oci.Blob(**blob) for name, blob in entries.items()}
        return {n: b for n, b in images.items() if self.store.path(b.digest).exists()}

    def image(self, name):
        image = self.built().get(name)
        if image is None:
            raise recipes.NotBuilt(f"image {name} is not built; `./dev images` makes it")
        return image

    def _remember(self, name, image):
        entries = {n: vars(b) for n, b in {**self.built(), name: image}.items()}
        partial = self._index.with_suffix(f".{os.getpid()}")
        partial.write_text(json.dumps(entries, indent=1, sort_keys=True))
        os.rename(partial, self._index)

    def write_values(self):
        """The chart's values for the images that are built, by digest, never pulled."""
        built = self.built()
        lines = ["images:", "  pullPolicy: Never"]
        lines += [f"  {key}: {short_tag(name, built[name])}"
                  for key, name in CHART_VALUES.items() if name in built]
        (self._work / "values.yaml").write_text("\n".join(lines) + "\n")


class TooLarge(Exception):
    pass


def short_tag(name, image):
    return f"localhost/{name}:{image.digest.removeprefix('sha256:')[:12]}"


def tags(name, image):
    return [short_tag(name, image), f"localhost/{name}:dev"]


def run_build(images, names):
    print(f"{'image':<44} {'MB':>7}  layers")
    for name in names:
        image, sizes = images.build(name)
        parts = ", ".join(f"{layer} {size / 1e6:.1f}" for layer, size in sizes)
        print(f"{short_tag(name, image):<44} {sum(s for _, s in sizes) / 1e6:>7.1f}  {parts}")
    images.write_values()
    images.store.prune(KEEP_SECONDS, time.time())


def run_archive(images, file, names, present):
    wanted = {tag: image for n in names for image in [images.image(n)] for tag in tags(n, image)}
    out = sys.stdout.buffer if file == "-" else open(file, "wb")
    with out:
        oci.write_archive(out, images.store, wanted, present)


def run_rootfs(images, name, folder):
    for layer, files in images.recipe(name).layers:
        lay_out(oci.with_folders(files), pathlib.Path(folder, layer))


def lay_out(files, folder):
    folder.mkdir(parents=True, exist_ok=True)
    for entry in files:
        target = folder / entry.path
        if entry.is_folder:
            target.mkdir(exist_ok=True)
        elif entry.link is not None:
            target.symlink_to(entry.link)
            continue
        elif entry.content is not None:
            target.write_bytes(entry.content)
        else:
            shutil.copyfile(entry.source, target)
        target.chmod(entry.mode)


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", required=True)
    names = sorted(recipes.RECIPES)
    verbs.add_parser("build").add_argument("names", nargs="+", choices=names)
    verbs.add_parser("names")
    verbs.add_parser("tag").add_argument("name", choices=names)
    archive = verbs.add_parser("archive")
    archive.add_argument("file")
    archive.add_argument("names", nargs="+", choices=names)
    archive.add_argument("--present", type=pathlib.Path)
    rootfs = verbs.add_parser("rootfs")
    rootfs.add_argument("name", choices=names)
    rootfs.add_argument("folder")
    return parser.parse_args(arguments)


def main():
    options = parse(sys.argv[1:])
    images = Images(ROOT, default_cache(os.environ), os.environ)
    try:
        if options.verb == "build":
            run_build(images, options.names)
        elif options.verb == "names":
            print(*sorted(images.built()))
        elif options.verb == "tag":
            print(short_tag(options.name, images.image(options.name)))
        elif options.verb == "archive":
            present = options.present.read_text().split() if options.present else ()
            run_archive(images, options.file, options.names, frozenset(present))
        else:
            run_rootfs(images, options.name, options.folder)
    except (recipes.NotBuilt, TooLarge) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
