"""A client in another language: says something in Korean and prints the greeting.

    python3 lessons/01-first-socket/tests/korean.py 127.0.0.1 7001
"""

import socket
import sys

PATIENCE = 5  # seconds for the connection, and for each read

host, port = sys.argv[1], int(sys.argv[2])
with socket.create_connection((host, port), timeout=PATIENCE) as client:
    client.sendall("안녕하세요".encode())
    greeting = b""
    while chunk := client.recv(1024):  # until end of stream, not just once
        greeting += chunk
print(greeting.decode(), end="")
