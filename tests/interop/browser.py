"""A page in headless Chromium that calls actors of another origin. The page is served from here and sends here what it saw."""

import queue
import subprocess
import tempfile
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote

import story
from equipment import chromium, page
from tools import Failed

WAIT_S = 60
LINES = [
    {"step": "landed", "flights": 1, "mean_delay": 12},
    {"step": "again", "flights": 2, "mean_delay": 6},
    {"step": "late", "numbers": ["LH 454", "UA 1"]},
    {"step": "note", "flights": 3, "mean_delay": 14, "note": "fog ☁"},
    {"step": "once", "flights": [4, 4]},
    {"step": "metadata", "trace": "abc!"},
    {"step": "bad", "code": "Unknown", "holds": True, "details": 1},
    {"step": "rolled_back", "flights": 5, "mean_delay": 12, "note": "fog ☁"},
    {"step": "slow", "code": "DeadlineExceeded"},
    {"step": "http", "status": 200, "reply": {"flights": "6", "meanDelay": 10}},
    {"step": "http_bad", "status": 500, "reason": "HandlerFailed"},
    {"step": "http_unknown", "status": 400},
]
# Nothing that would ask hosts elsewhere; the sandbox needs rights that root in a container does not have.
ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"]


class Pages(SimpleHTTPRequestHandler):
    """The page's files, and a place to send its lines to."""

    done: queue.Queue = queue.Queue()

    def do_POST(self):
        self.done.put(self.rfile.read(int(self.headers["content-length"])).decode())
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        """Nothing is logged."""


def plays(address):
    """The page is opened with the server's address and must tell its story."""
    pages = ThreadingHTTPServer(("127.0.0.1", 0), partial(Pages, directory=page()))
    threading.Thread(target=pages.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{pages.server_port}/page.html?server={quote(address)}"
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile, tempfile.TemporaryFile("w+") as log:
        browser = subprocess.Popen([chromium(), *ARGUMENTS, f"--user-data-dir={profile}", "--enable-logging=stderr", url], stdout=log, stderr=log)
        try:
            told = Pages.done.get(timeout=WAIT_S)
        except queue.Empty:
            log.seek(0)
            raise Failed(f"the page told nothing within {WAIT_S} s; the browser says\n{log.read()[-4000:]}") from None
        finally:
            browser.terminate()
            browser.wait(20)
            pages.shutdown()
    story.held(told, LINES)
