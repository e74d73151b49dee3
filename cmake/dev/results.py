#!/usr/bin/env python3
"""Counts what `./dev test` ran.

usage: results.py note FILE NAME CODE       writes one check's result as a JUnit file
       results.py sum FOLDER STAGE...       prints a table and, last, "N passed, N failed"; exits 1 on failures

Below FOLDER/STAGE every *.xml is a JUnit report. ctest-PRESET.xml names executables; where
cases-PRESET/NAME.xml exists, GoogleTest wrote it and its cases are counted instead.
"""
import dataclasses
import pathlib
import sys
import xml.etree.ElementTree as ElementTree
from xml.sax.saxutils import quoteattr


@dataclasses.dataclass
class Count:
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    failures: list = dataclasses.field(default_factory=list)

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        self.failures += other.failures

    def fail(self, name):
        self.failed += 1
        self.failures.append(name)


def first_of(case, *tags):
    return next((found for tag in tags if (found := case.find(tag)) is not None), None)


def first_line(failure):
    """The beginning of what a failed case says: enough to tell one cause from another."""
    return (failure.get("message") or failure.text or "").strip().partition("\n")[0][:200]


def count_report(path):
    """One JUnit file: pytest's, GoogleTest's or a note. A report that cannot be read is a failure."""
    count = Count()
    try:
        cases = ElementTree.parse(path).getroot().iter("testcase")
    except ElementTree.ParseError as error:
        count.fail(f"{path.name}: {error}")
        return count
    for case in cases:
        name = f"{case.get('classname', '')}.{case.get('name')}".strip(".")
        if (failure := first_of(case, "failure", "error")) is not None:
            count.fail(f"{name}: {first_line(failure)}".rstrip(": "))
        elif case.find("skipped") is not None or case.get("status") in ("notrun", "disabled"):
            count.skipped += 1
        else:
            count.passed += 1
    return count


def count_ctest(path):
    """Executables by ctest, cases by GoogleTest; one that failed without a failed case crashed."""
    count = Count()
    cases = path.parent / path.stem.replace("ctest-", "cases-")
    try:
        runs = list(ElementTree.parse(path).getroot().iter("testcase"))
    except ElementTree.ParseError as error:
        count.fail(f"{path.name}: {error}")
        return count
    if not runs:
        count.fail(f"{path.name}: no executable ran")
    for run in runs:
        name = run.get("name")
        report = cases / f"{name}.xml"
        inner = count_report(report) if report.exists() else Count()
        failed = run.get("status") == "fail" or run.find("failure") is not None
        if failed and not inner.failed:
            inner.fail(f"{name}: failed or crashed outside of a case")
        if not failed and not report.exists():
            inner.passed += 1
        count.add(inner)
    return count


def count_stage(folder):
    count = Count()
    for path in sorted(folder.glob("*.xml")):
        count.add(count_ctest(path) if path.name.startswith("ctest-") else count_report(path))
    return count


def note(file, name, code):
    failure = "" if code == "0" else f'<failure message="exit status {code}"/>'
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"<testsuite><testcase name={quoteattr(name)}>{failure}</testcase></testsuite>\n")


def summarise(folder, stages):
    total = Count()
    print(f"\n{'stage':<14} {'passed':>7} {'failed':>7} {'skipped':>8} {'seconds':>8}")
    for stage in stages:
        seconds = folder / stage / "seconds"
        if not seconds.exists():
            print(f"{stage:<14} {'not run':>7}")
            continue
        count = count_stage(folder / stage)
        if not count.passed + count.failed + count.skipped:
            count.fail(f"{stage}: it ran and counted no case at all")
        print(f"{stage:<14} {count.passed:>7} {count.failed:>7} {count.skipped:>8} {seconds.read_text():>8}")
        total.add(count)
    for name in total.failures:
        print(f"failed: {name}")
    print(f"\n{total.passed} passed, {total.failed} failed")
    return 1 if total.failed or not total.passed else 0


def main():
    if len(sys.argv) == 5 and sys.argv[1] == "note":
        note(pathlib.Path(sys.argv[2]), sys.argv[3], sys.argv[4])
        return 0
    if len(sys.argv) >= 4 and sys.argv[1] == "sum":
        return summarise(pathlib.Path(sys.argv[2]), sys.argv[3:])
    sys.exit(__doc__)


if __name__ == "__main__":
    sys.exit(main())
