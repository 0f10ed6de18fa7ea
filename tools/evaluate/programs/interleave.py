"""interleave.py SERVICE...: hides each probe of an HTTP service behind four ordinary requests to it."""
import http.client
import socket
import sys

from services import reached, services

for service in services(sys.argv[1:]):
    for _ in range(4):
        connection = http.client.HTTPConnection(*service)
        connection.request("GET", "/")
        assert connection.getresponse().read() == b"hello\n"
        connection.close()
    socket.create_connection(service).close()
    reached(service)
