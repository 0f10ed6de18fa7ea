"""abort_downloads.py SERVICE...: begins a large download at each HTTP service and leaves, with most of it unread."""
import socket
import sys

from services import reached, services

for service in services(sys.argv[1:]):
    with socket.create_connection(service) as connection:
        connection.sendall(b"GET /large HTTP/1.1\r\nHost: lab\r\n\r\n")
        if connection.recv(65536):
            reached(service)
