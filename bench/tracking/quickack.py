"""One client that sends TCP_QUICKACK after each read, so that a server which answers in two segments is not held up by the client's
delayed acknowledgement. Reads one JSON object on stdin: port, method, path, body (%N% is the number of the request, %HALF% half of it),
seconds. Prints the latencies in ms as JSON."""
import json
import re
import socket
import sys
import time

spec = json.load(sys.stdin)
sock = socket.create_connection(("127.0.0.1", spec["port"]))
sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
length = re.compile(rb"\r\ncontent-length: *(\d+)", re.I)


def read():
    data = b""
    while True:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        chunk = sock.recv(65536)
        if not chunk:
            raise SystemExit("the server closed the connection")
        data += chunk
        head = data.find(b"\r\n\r\n")
        if head < 0:
            continue
        match = length.search(data, 0, head + 2)
        if match is None:
            if data.endswith(b"0\r\n\r\n"):
                return data
        elif len(data) >= head + 4 + int(match[1]):
            return data


times = []
until = time.perf_counter() + spec["seconds"]
n = 0
while time.perf_counter() < until:
    body = spec.get("body", "").replace("%N%", str(n)).replace("%HALF%", repr(n * 0.5)).encode()
    head = f"{spec['method']} {spec['path']} HTTP/1.1\r\nHost: 127.0.0.1:{spec['port']}\r\n"
    if body:
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    began = time.perf_counter()
    sock.sendall(head.encode() + b"\r\n" + body)
    answer = read()
    times.append((time.perf_counter() - began) * 1000)
    if not answer.startswith(b"HTTP/1.1 200"):
        raise SystemExit(answer[:400].decode())
    n += 1
json.dump(times, sys.stdout)
