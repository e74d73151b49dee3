"""A way to a store that breaks: connections are closed in the middle of what the store answers.

    with Breaking("http://127.0.0.1:7070", cuts=1, after=3000) as broken: ...   # broken.endpoint
"""
import socket
import threading
import urllib.parse


class Breaking:
    def __init__(self, endpoint, cuts, after):
        """The first `cuts` connections over which more than `after` bytes come are closed once they have."""
        self.cuts, self._after = cuts, after
        self._store = urllib.parse.urlsplit(endpoint)
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.endpoint = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._listener.close()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            store = socket.create_connection((self._store.hostname, self._store.port))
            for side in (client, store):  # what comes in pieces is passed on in pieces
                side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for start in ((client, store, False), (store, client, True)):
                threading.Thread(target=self._pass, args=start, daemon=True).start()

    def _pass(self, source, target, answers):
        came = 0
        try:
            while data := source.recv(1000):
                came += len(data)
                if answers and came > self._after and self._take_cut():
                    break
                target.sendall(data)
        except OSError:
            pass
        for side in (source, target):
            try:
                side.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def _take_cut(self):
        with self._lock:
            if self.cuts == 0:
                return False
            self.cuts -= 1
            return True
