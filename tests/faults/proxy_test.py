"""What the fault proxy does to connections, requests and lists."""
import contextlib
import http.client
import json
import ssl
import time

import pytest

from tests.faults.one_proxy import PODS, WATCH, pod
from tests.support.cluster import wait_until


@pytest.mark.parametrize("kind", ["expired", "other_host", "stranger"])
def test_a_wrong_certificate_is_shown_to_all_who_come_again(proxy, kind):
    one = proxy({"on": "request", "verb": "create", "do": "certificate", "certificate": kind, "ms": 60000})
    assert one.ask(PODS)[0] == 200
    with pytest.raises((http.client.HTTPException, OSError)):
        one.ask(PODS, "POST")
    with pytest.raises(ssl.SSLCertVerificationError):
        one.ask(PODS)
    careless = ssl.create_default_context()
    careless.check_hostname, careless.verify_mode = False, ssl.CERT_NONE
    assert one.ask(PODS, trusted=careless)[0] == 200
    assert [line.get("certificate") for line in one.trace("request")] == [None, None, kind]


def test_connections_that_wait_break_with_the_others(proxy):
    one = proxy({"on": "request", "verb": "create", "do": "certificate", "certificate": "expired", "ms": 0})
    waits = one.connect()
    waits.connect()
    with pytest.raises((http.client.HTTPException, OSError)):
        one.ask(PODS, "POST")
    with contextlib.suppress(ConnectionError):
        assert waits.sock.recv(1) == b""
    assert one.ask(PODS)[0] == 200, "the time of the wrong one is over"


def hears_nothing(connection, read):
    """Neither an answer nor an end; for as long as one waits here."""
    connection.sock.settimeout(0.3)
    with pytest.raises(TimeoutError):
        read()
    return True


def test_half_open_connections_stay_and_say_nothing_and_new_ones_are_served(proxy):
    one = proxy({"on": "request", "verb": "create", "do": "half_open"})
    with contextlib.closing(one.connect()) as kept, contextlib.closing(one.connect()) as asks:
        kept.request("GET", PODS)
        assert kept.getresponse().read()
        asks.request("POST", PODS, "{}")
        wait_until(lambda: len(one.trace("fell_silent")) == 2, "both fall silent")
        kept.request("GET", PODS)
        assert hears_nothing(kept, kept.getresponse) and hears_nothing(asks, asks.getresponse)
        assert one.ask(PODS)[0] == 200
        asked = [line["verb"] for line in one.trace("request")]
        assert asked == ["list", "create", "list"], "what is sent on a connection that fell silent arrives nowhere"
        assert one.trace("given_up") == []
    wait_until(lambda: len(one.trace("given_up")) == 2, "both are given up")


def test_a_half_open_watch_does_not_end_though_the_api_servers_does(proxy):
    one = proxy({"on": "event", "resource": "pods", "n": 2, "do": "half_open"}, events=[pod("6"), pod("7"), pod("8")])
    with contextlib.closing(one.connect()) as watch:
        watch.request("GET", WATCH)
        answer = watch.getresponse()
        assert json.loads(answer.readline()) == pod("6")
        assert hears_nothing(watch, answer.readline)
        assert one.trace("given_up") == []
    wait_until(lambda: one.trace("given_up"), "it is given up")
    assert one.events(WATCH) == [pod("6"), pod("7"), pod("8")], "it was for once"


def test_a_rotation_leaves_both_authorities_in_the_file_and_shows_the_new_one(proxy):
    one = proxy({"on": "request", "verb": "create", "do": "certificate", "certificate": "rotated"})
    with pytest.raises((http.client.HTTPException, OSError)):
        one.ask(PODS, "POST")
    with pytest.raises(ssl.SSLCertVerificationError):
        one.ask(PODS)
    both = ssl.create_default_context(cafile=one.folder / "ca.pem")
    assert len(both.get_ca_certs()) == 2
    assert one.ask(PODS, trusted=both)[0] == 200
    assert "certificate" not in one.trace("request")[-1], "it is a right one"


def test_a_list_in_pages_is_one_that_had_a_limit_and_its_later_pages_can_be_told_apart(proxy):
    about = {"on": "request", "verb": "list", "resource": "pods"}
    one = proxy({**about, "do": "pages", "limit": 2, "count": 9},
                {**about, "continued": True, "do": "answer", "status": 410, "reason": "Expired"})
    assert one.asked(f"{PODS}?limit=500") == f"{PODS}?limit=2"
    assert one.asked(f"{PODS}?labelSelector=a") == f"{PODS}?labelSelector=a"
    status, body = one.ask(f"{PODS}?limit=500&continue=token")
    assert (status, json.loads(body)["reason"]) == (410, "Expired")
    assert one.asked(f"{PODS}?limit=500&continue=token") == f"{PODS}?continue=token&limit=2"


def test_the_trace_has_of_which_labels_and_from_which_version_on_is_asked(proxy):
    one = proxy()
    one.ask(f"{PODS}?labelSelector=a&resourceVersion=7")
    one.ask(PODS)
    assert [(line.get("of"), line.get("from")) for line in one.trace("request")] == [("a", "7"), (None, None)]


def is_over(connection):
    with contextlib.suppress(ConnectionError):
        return connection.sock.recv(1) == b""
    return True


@pytest.mark.parametrize("do, said", [("goodbye", "close"), ("hang_up", None)])
def test_a_connection_ends_after_the_answer_and_the_answer_says_so_or_does_not(proxy, do, said):
    one = proxy({"on": "request", "verb": "create", "do": do})
    with contextlib.closing(one.connect()) as connection:
        connection.connect()
        plain = connection.sock
        connection.request("POST", PODS, "{}")
        answer = connection.getresponse()
        assert (answer.status, answer.getheader("Connection")) == (200, said)
        assert answer.read()
        if said is None:
            assert connection.sock is plain and is_over(connection)
    assert one.ask(PODS)[0] == 200


def test_in_a_storm_all_connections_break_again_and_again_and_then_no_more(proxy):
    one = proxy({"on": "request", "verb": "create", "do": "storm", "ms": 300, "times": 3})
    waits = one.connect()
    waits.connect()
    with pytest.raises((http.client.HTTPException, OSError)):
        one.ask(PODS, "POST")
    assert is_over(waits)
    again = one.connect()
    again.connect()
    assert is_over(again)
    wait_until(lambda: len(one.trace("fault")) == 3, "it has broken them three times")
    assert one.ask(PODS)[0] == 200
