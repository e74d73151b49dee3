"""What goes into an image: a program, the libraries it needs, and the few files every program expects.

Libraries are found with ldd and placed where the loader looks by default, whatever folder they
were linked from, so that a program needs no rpath and no environment in its image.
"""
import os
import pathlib
import re
import subprocess

from oci import File

LIBRARY_FOLDER = "usr/lib/x86_64-linux-gnu"
LOADER = "ld-linux-x86-64.so.2"
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
USER_ID = 65532


def needed_libraries(program):
    """{soname: path} of everything ldd finds for the program, the loader included."""
    run = subprocess.run(["ldd", program], capture_output=True, text=True, check=False)
    if "not a dynamic executable" in run.stdout + run.stderr or "statically linked" in run.stdout:
        return {}
    if run.returncode != 0:
        raise RuntimeError(f"ldd {program}: {run.stderr.strip()}")
    missing = re.findall(r"^\s*(\S+) => not found", run.stdout, re.M)
    if missing:
        raise RuntimeError(f"{program} needs libraries that are not here: {', '.join(missing)}")
    found = dict(re.findall(r"^\s*(\S+) => (/\S+)", run.stdout, re.M))
    loader = re.search(rf"^\s*(/\S+/{re.escape(LOADER)})", run.stdout, re.M)
    if loader:
        found[LOADER] = loader.group(1)
    return found


def library_files(libraries):
    """Layer entries for {soname: path}."""
    files = [File("lib", link="usr/lib"), File("lib64", link="usr/lib64")]
    for soname, path in sorted(libraries.items()):
        folder = "usr/lib64" if soname == LOADER else LIBRARY_FOLDER
        files.append(File(f"{folder}/{soname}", source=os.path.realpath(path), mode=0o755))
    return files


def common_files():
    """Users, name lookup, CA certificates where OpenSSL looks for them, and /tmp."""
    return [
        File("etc/passwd", content=(
            "root:x:0:0:root:/:/sbin/nologin\n"
            f"cresset:x:{USER_ID}:{USER_ID}:cresset:/tmp:/sbin/nologin\n").encode()),
        File("etc/group", content=f"root:x:0:\ncresset:x:{USER_ID}:\n".encode()),
        File("etc/nsswitch.conf", content=b"passwd: files\ngroup: files\nhosts: files dns\n"),
        File(CERTIFICATES[1:], source=os.path.realpath(CERTIFICATES)),
        File("usr/lib/ssl/cert.pem", link=CERTIFICATES),
        File("usr/lib/ssl/certs", link="/etc/ssl/certs"),
        File("tmp", mode=0o1777),
    ]


def stripped(program, folder):
    """A copy of the program without symbols in `folder`; remade only when the program changes."""
    target = pathlib.Path(folder) / pathlib.Path(program).name
    if not target.exists() or target.stat().st_mtime_ns != os.stat(program).st_mtime_ns:
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_suffix(".partial")
        subprocess.run(["strip", "-o", partial, program], check=True)
        stat = os.stat(program)
        os.utime(partial, ns=(stat.st_atime_ns, stat.st_mtime_ns))
        os.rename(partial, target)
    return str(target)


def program_file(program, folder):
    return File(f"usr/bin/{pathlib.Path(program).name}", source=stripped(program, folder), mode=0o755)
