# A client that knows the frames and nothing else of us.
import socket
import struct
import sys


def receive_exactly(sock, count):
    data = b""
    while len(data) < count:
        chunk = sock.recv(count - len(data))
        if not chunk:
            raise EOFError("the stream ended inside a frame")
        data += chunk
    return data


with socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=20) as sock:
    words = ["안녕하세요", "", "소켓"]
    payloads = [word.encode() for word in words]
    # All questions in one send: three frames, and nobody waits in between.
    sock.sendall(b"".join(struct.pack(">I", len(payload)) + payload for payload in payloads))
    for _ in words:
        (length,) = struct.unpack(">I", receive_exactly(sock, 4))
        print(receive_exactly(sock, length).decode())
