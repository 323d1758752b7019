"""A client in another language: sends Korean text and checks that the same bytes come back.

    python3 lessons/02-tcp-echo/tests/korean.py 127.0.0.1 7002
"""

import socket
import sys

PATIENCE = 5  # seconds for the connection, and for each read
TEXT = "안녕하세요, 소켓!\n"

host, port = sys.argv[1], int(sys.argv[2])
with socket.create_connection((host, port), timeout=PATIENCE) as client:
    client.sendall(TEXT.encode())
    client.shutdown(socket.SHUT_WR)  # we are done; the server sees end of stream
    answer = b""
    while chunk := client.recv(4):  # 4 bytes cut the 3-byte letters: decode only the whole
        answer += chunk
print(answer.decode(), end="")
if answer != TEXT.encode():
    sys.exit(f"{len(TEXT.encode())} bytes were sent, and these {len(answer)} came back: {answer!r}")
