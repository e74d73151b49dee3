"""What the fault proxy does to watches and the events in them."""
import contextlib
import time

import pytest

from tests.faults.one_proxy import END, EVENT, PODS, STREAM, WATCH, end_at, line_of, pod


def test_initial_events_without_an_end_go_on_as_if_they_were_initial(proxy):
    events = [pod("3", "ADDED"), END, pod("10")]
    one = proxy({"on": "request", "verb": "watch", "initial": True, "do": "no_initial_end"}, events=events)
    assert one.events(WATCH) == events, "a watch without initial events is another"
    assert one.events(STREAM) == [events[0], events[2]]
    assert one.events(STREAM) == events, "it was for once"


def test_a_corrupted_event_comes_before_the_true_one_and_what_follows(proxy):
    rule = {"on": "event", "resource": "pods", "n": 2, "do": "corrupt", "ms": 50}
    one = proxy({**rule, "path": "/object/metadata/labels/colour", "value": 7},
                {**rule, "n": 5, "path": "/object/metadata/labels"},
                {**rule, "n": 8, "path": "/object/none/there"}, events=[pod("6"), pod("7"), pod("8")])
    lie = pod("7")
    lie["object"]["metadata"]["labels"]["colour"] = 7
    assert one.events(WATCH) == [pod("6"), lie, pod("7"), pod("8")]
    lie["object"]["metadata"].pop("labels")
    assert one.events(WATCH) == [pod("6"), lie, pod("7"), pod("8")]
    assert one.events(WATCH) == [pod("6"), pod("7"), pod("7"), pod("8")], "there was nothing to corrupt"


def test_a_rewound_resource_is_old_to_lists_of_any_age_and_to_no_others(proxy):
    one = proxy({**EVENT, "do": "mark"}, {**EVENT, "n": 2, "do": "rewind", "ms": 60000}, events=[pod("6"), pod("7")])
    seen = one.events(WATCH)
    assert [(one["type"], one["object"].get("code")) for one in seen] == [("MODIFIED", None), ("ERROR", 410)]
    assert one.asked(f"{PODS}?resourceVersion=0") == f"{PODS}?resourceVersion=6&resourceVersionMatch=Exact"
    for others in (PODS, f"{PODS}?resourceVersion=8", "/api/v1/namespaces/space/services?resourceVersion=0"):
        assert one.asked(others) == others


OLD = [{"type": "ADDED", "object": {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "old"}}},
       end_at("6", apiVersion="v1", kind="Pod")]
FROM_THEN_ON = [f"{PODS}?resourceVersion=6&resourceVersionMatch=Exact", f"{PODS}?watch=true&resourceVersion=6"]


def rewound(proxy, **more):
    """One that shows pods as they were at version 6 for a moment."""
    one = proxy({**EVENT, "do": "mark"}, {**EVENT, "n": 2, "do": "rewind", "ms": 300}, events=[pod("6"), pod("7")], **more)
    one.events(WATCH)
    return one


def test_a_watch_that_begins_with_a_world_of_any_age_begins_in_the_past_and_catches_up(proxy, upstream):
    one = rewound(proxy)
    assert one.events(f"{STREAM}&resourceVersionMatch=NotOlderThan&resourceVersion=0") == [*OLD, pod("6"), pod("7")]
    assert upstream.asked[-2:] == FROM_THEN_ON
    one.ask(STREAM)
    assert upstream.asked[-1] == STREAM, "it asks for the newest"


def test_under_the_mutant_who_asks_for_the_newest_is_shown_the_past_unless_he_looks_for_one_object(proxy, upstream):
    one = rewound(proxy, mutants=["any_age_lists"])
    assert one.asked(f"{PODS}?fieldSelector=metadata.name%3Done") == f"{PODS}?fieldSelector=metadata.name%3Done"
    assert one.events(STREAM)[:2] == OLD
    assert upstream.asked[-2:] == FROM_THEN_ON


def test_whoever_goes_on_watching_after_a_replay_is_told_all_since_the_mark_once_more(proxy, upstream):
    one = proxy({**EVENT, "do": "mark"}, {**EVENT, "n": 3, "do": "replay"}, events=[pod("6"), pod("7"), pod("8"), pod("9")])
    assert one.events(WATCH) == [pod("6"), pod("7"), pod("8")], "then it ends"
    for path, asked in ((f"{PODS}?watch=true&labelSelector=a&resourceVersion=8", None), (STREAM, None),
                        (f"{PODS}?watch=true&resourceVersion=8", f"{PODS}?watch=true&resourceVersion=6"),
                        (f"{PODS}?watch=true&resourceVersion=9", None)):
        one.ask(path)
        assert upstream.asked[-1] == (asked or path)


def first_piece(one, rest):
    """What a watch tells first; what follows is added to `rest`."""
    with contextlib.closing(one.connect()) as watch:
        watch.request("GET", WATCH)
        answer = watch.getresponse()
        piece = answer.read1()
        rest.append(answer.read())
        return piece


def test_an_event_is_split_where_it_is_said(proxy):
    event = pod("6", colour="gr\u00fcn")
    line, rest = line_of(event), []
    one = proxy({**EVENT, "do": "split", "at": 100, "ms": 50},
                {**EVENT, "n": 2, "do": "split", "in_character": True, "ms": 50}, events=[event])
    assert first_piece(one, rest) == line[:len(line) // 10]
    within = first_piece(one, rest)
    with pytest.raises(UnicodeDecodeError):
        within.decode()
    assert [line[:len(line) // 10] + rest[0], within + rest[1]] == [line, line]


def test_an_event_is_cut_where_it_is_said(proxy):
    line = line_of(pod("6"))
    one = proxy({**EVENT, "do": "truncate", "at": 900}, {**EVENT, "n": 2, "do": "truncate"}, events=[pod("6"), pod("7")])
    assert one.ask(WATCH)[1].encode() == line[:len(line) * 9 // 10]
    assert one.ask(WATCH)[1].encode() == line[:len(line) // 2]


def test_an_event_that_trickles_comes_a_byte_at_a_time_and_holds_up_what_follows(proxy):
    one = proxy({**EVENT, "do": "trickle", "ms": 2}, events=[pod("6"), pod("7")])
    begun = time.monotonic()
    assert one.events(WATCH) == [pod("6"), pod("7")]
    assert time.monotonic() - begun >= (len(line_of(pod("6"))) - 1) * 0.002


def test_a_rule_may_be_about_events_of_one_type(proxy):
    one = proxy({**EVENT, "type": "DELETED", "do": "gone"}, events=[pod("6"), pod("7", "DELETED"), pod("8")])
    assert [told["type"] for told in one.events(WATCH)] == ["MODIFIED", "ERROR"]
