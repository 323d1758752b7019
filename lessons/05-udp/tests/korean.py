"""A UDP client in another language: sends three datagrams, one of them empty, and prints the answers.

    python3 lessons/05-udp/tests/korean.py 127.0.0.1 7005
"""

import socket
import sys

PATIENCE = 5  # seconds for each answer

host, port = sys.argv[1], int(sys.argv[2])
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
    client.settimeout(PATIENCE)
    client.connect((host, port))
    for text in ["안녕하세요", "", "소켓"]:
        client.send(text.encode())
        answer = client.recv(2048)  # one datagram, and all of it: no loop
        print(len(answer), answer.decode())
