"""One end of a WebSocket that does what it is told and tells what it hears, both in lines of JSON (orders.rs), with
Python's package `websockets`:

    python3 peer.py FOLDER client|server|try [off|usual|small]
"""

import json
import queue
import sys
import threading

sys.path.insert(0, sys.argv[1] + "/python")

from websockets.exceptions import ConnectionClosed
from websockets.extensions.permessage_deflate import (
    ClientPerMessageDeflateFactory,
    ServerPerMessageDeflateFactory,
)
from websockets.sync.client import connect
from websockets.sync.server import serve

MAX_SIZE = 4 << 20
# Seconds.
PATIENCE = 20
SMALL = {
    "server_no_context_takeover": True,
    "client_no_context_takeover": True,
    "server_max_window_bits": 10,
    "client_max_window_bits": 10,
}


def compression(name, factory):
    """The arguments for how it compresses."""
    if name == "small":
        return {"compression": None, "extensions": [factory(**SMALL)]}
    return {"compression": "deflate" if name == "usual" else None}


def tell(event, **what):
    # One write, because more than one thread has something to tell.
    sys.stdout.write(json.dumps({"heard": event, **what}) + "\n")
    sys.stdout.flush()


def wait_for(pong, payload, hear):
    """The library tells of a pong only whom it was promised to."""

    def wait():
        if pong.wait(PATIENCE):
            hear("pong", payload=payload)

    threading.Thread(target=wait, daemon=True).start()


def obey(socket, order, hear):
    match order["do"]:
        case "text":
            socket.send(order["text"])
        case "binary":
            socket.send(order["bytes"].encode("latin-1"))
        case "ping":
            payload = order["payload"]
            wait_for(socket.ping(payload), payload, hear)
        case "close":
            code = order["code"]
            socket.close(None if code == 1005 else code, order["reason"])
        case "fragments":

            pongs = []

            def parts():
                first, *others = map(bytes, order["parts"])
                yield first
                pongs.append(socket.ping("between"))
                yield from others

            socket.send(parts(), text=True)
            # Not before: what a pong is answered with cannot be sent while a message is.
            wait_for(pongs[0], "between", hear)


def listen(socket, hear):
    try:
        while True:
            message = socket.recv()
            if isinstance(message, str):
                hear("text", text=message)
            else:
                # In JSON, bytes are a string with a letter for each.
                hear("binary", bytes=message.decode("latin-1"))
    except ConnectionClosed as end:
        if end.rcvd and end.sent:
            tell("closed", code=end.rcvd.code, reason=end.rcvd.reason)
        else:
            tell("failed", why=str(end))


def be_client():
    sockets = queue.Queue()
    for line in sys.stdin:
        order = json.loads(line)
        if order["do"] == "open":
            threading.Thread(target=talk, args=(order, sockets.put), daemon=True).start()
            socket = sockets.get(timeout=PATIENCE)
        else:
            obey(socket, order, tell)


def talk(order, is_open):
    with connect(
        order["url"],
        subprotocols=order["subprotocols"] or None,
        max_size=MAX_SIZE,
        ping_interval=None,
        proxy=None,
        **compression(order["deflate"], ClientPerMessageDeflateFactory),
    ) as socket:
        tell(
            "open",
            subprotocol=socket.subprotocol or "",
            extensions=socket.response.headers.get("Sec-WebSocket-Extensions", ""),
        )
        is_open(socket)
        listen(socket, tell)


def be_server(name):
    def converse(socket):
        def answer(event, **what):
            if event == "pong":
                socket.send("pong: " + what["payload"])
            elif event == "binary":
                obey(socket, {"do": "binary", **what}, answer)
            elif what["text"].startswith('{"do"'):
                obey(socket, json.loads(what["text"]), answer)
            else:
                socket.send(what["text"])

        listen(socket, answer)

    with serve(
        converse,
        "127.0.0.1",
        0,
        select_subprotocol=lambda _, offered: "echo.example" if "echo.example" in offered else None,
        max_size=MAX_SIZE,
        ping_interval=None,
        **compression(name, ServerPerMessageDeflateFactory),
    ) as server:
        tell("listening", port=server.socket.getsockname()[1])
        server.serve_forever()


match sys.argv[2:]:
    case ["client"]:
        be_client()
    case ["server", name]:
        be_server(name)
