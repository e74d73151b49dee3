"""Which plans the tests of this folder hold: those of all are begun together (conftest.py)."""

HELD = {}  # by test: whether its plans can wait, and what chooses them


def holds(choose, first=False):
    """The plans of a test. Those of all tests are begun together, so that no test waits for the last of another; the
    `first`, which take long, before the others."""
    def note(test):
        HELD[test.__name__] = not first, choose
        return test
    return note


def all_end_the_same(results):
    """Each of them did something and none changed anything."""
    assert [(plan.name, found) for plan, found, _ in results if found] == []
    assert results


def each_did_something(results):
    return all(fired for *_, fired in results)
