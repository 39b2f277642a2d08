"""Runs moto on a port of loopback until standard input ends, that is, until the tests do."""

import os
import sys
import threading


def wait():
    sys.stdin.read()
    os._exit(0)


threading.Thread(target=wait, daemon=True).start()

from moto.server import main  # noqa: E402

main(["-H", "127.0.0.1", "-p", sys.argv[1]])
