"""What the fault proxy does to requests, lists and watches, before an API server that is a few lines of this file."""
import contextlib
import http.client
import http.server
import json
import ssl
import subprocess
import threading
import time

import pytest

from tests.support.cluster import BUILD, wait_until

PODS = "/api/v1/namespaces/space/pods"
WATCH = f"{PODS}?watch=true&resourceVersion=5"
STREAM = f"{PODS}?watch=true&sendInitialEvents=true"
EVENT = {"on": "event", "resource": "pods"}


def end_at(version, **more):
    return {"type": "BOOKMARK", "object": {**more, "metadata": {
        "resourceVersion": version, "annotations": {"k8s.io/initial-events-end": "true"}}}}


END = end_at("9")


def pod(version, what="MODIFIED", colour="red"):
    return {"type": what, "object": {"kind": "Pod", "metadata": {"name": "one", "resourceVersion": version,
                                                                 "labels": {"colour": colour}}}}


def line_of(event):
    return json.dumps(event, ensure_ascii=False).encode() + b"\n"


def chunk(event):
    line = line_of(event)
    return b"%x\r\n%s\r\n" % (len(line), line)


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers with the path that it was asked for and a pod; a watch gets the server's events and then its end."""
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.asked.append(self.path)
        watched = "watch=true" in self.path
        body = json.dumps({"asked": self.path, "kind": "PodList", "apiVersion": "v1",
                           "items": [{"metadata": {"name": "old"}}]}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header(*(("Transfer-Encoding", "chunked") if watched else ("Content-Length", str(len(body)))))
        self.end_headers()
        self.wfile.write(b"".join(map(chunk, self.server.events)) + b"0\r\n\r\n" if watched else body)

    do_POST = do_GET

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def upstream(tmp_path_factory):
    folder = tmp_path_factory.mktemp("upstream")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-keyout", folder / "key.pem", "-out", folder / "ca.pem", "-days", "1", "-subj", "/CN=upstream",
                    "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "ca.pem", folder / "key.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.ca, server.events, server.asked, server.daemon_threads = folder / "ca.pem", [], [], True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()


class Proxy:
    def __init__(self, folder, upstream, rules, mutants):
        self.folder = folder
        (folder / "plan.json").write_text(json.dumps({"rules": rules, "mutants": mutants}))
        (folder / "pid").write_text("0")
        flags = {"--upstream": f"https://127.0.0.1:{upstream.server_port}", "--upstream-ca": upstream.ca,
                 "--plan": folder / "plan.json", "--trace": folder / "trace", "--pid-file": folder / "pid",
                 "--ca-out": folder / "ca.pem"}
        self.process = subprocess.Popen([BUILD / "tests" / "faults" / "fault_proxy",
                                         *(str(part) for pair in flags.items() for part in pair)],
                                        stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())
        self.trusted = ssl.create_default_context(cafile=folder / "ca.pem")

    def connect(self, trusted=None):
        return http.client.HTTPSConnection("127.0.0.1", self.port, context=trusted or self.trusted, timeout=10)

    def ask(self, path, method="GET", trusted=None):
        with contextlib.closing(self.connect(trusted)) as connection:
            connection.request(method, path, "{}" if method == "POST" else None)
            answer = connection.getresponse()
            try:
                return answer.status, answer.read().decode()
            except http.client.IncompleteRead as cut:  # what ends a watch ends it without a last chunk
                return answer.status, cut.partial.decode()

    def asked(self, path):
        """What came to the API server of it."""
        return json.loads(self.ask(path)[1])["asked"]

    def events(self, path):
        return [json.loads(line) for line in self.ask(path)[1].splitlines()]

    def trace(self, kind):
        lines = [json.loads(line) for line in (self.folder / "trace").read_text().splitlines()]
        return [line for line in lines if line["kind"] == kind]


@pytest.fixture
def proxy(tmp_path, upstream):
    started = []

    def start(*rules, events=(), mutants=()):
        upstream.events, upstream.asked = list(events), []
        started.append(Proxy(tmp_path, upstream, rules, mutants))
        return started[-1]

    yield start
    for one in started:
        one.process.kill()
        one.process.wait()


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


def test_a_rule_may_be_about_events_of_one_type(proxy):
    one = proxy({**EVENT, "type": "DELETED", "do": "gone"}, events=[pod("6"), pod("7", "DELETED"), pod("8")])
    assert [told["type"] for told in one.events(WATCH)] == ["MODIFIED", "ERROR"]
