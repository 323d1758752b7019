"""A server without any option: it says goodbye to one client, and stops.

Start it on one port twice in a row, and the second start fails.
"""

import socket
import sys

host, port = sys.argv[1], int(sys.argv[2])
with socket.socket() as listening:
    listening.bind((host, port))
    listening.listen()
    print("listening on %s:%d" % listening.getsockname(), flush=True)
    client, _ = listening.accept()
    client.sendall(b"bye\n")
    client.close()  # This end closes first, so this end goes to TIME_WAIT.
