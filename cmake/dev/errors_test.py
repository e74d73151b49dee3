"""docs/errors.md names, for what the stories do not ask, a test that asks it and holds the same words."""
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]


def test_a_row_that_names_another_test_has_its_words_there():
    named = 0
    for line in (ROOT / "docs" / "errors.md").read_text().splitlines():
        if not (found := re.search(r"`(tests/\S+)` \| `(.*)` \|$", line)):
            continue
        named += 1
        text = (ROOT / found[1]).read_text()
        words = found[2] if found[2] in text else found[2].partition(" ")[2]  # the field may be a parameter of the test
        assert words in text, f"{found[1]} does not hold: {found[2]}"
    assert named > 0
