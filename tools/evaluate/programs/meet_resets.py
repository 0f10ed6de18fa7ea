"""meet_resets.py ROUNDS SERVICE...: a client of servers that reset every connection; tries again each second."""
import socket
import sys
import time

from services import reached, services

for _ in range(int(sys.argv[1])):
    for service in services(sys.argv[2:]):
        try:
            with socket.create_connection(service) as connection:
                connection.recv(1)
        except ConnectionResetError:
            reached(service)
    time.sleep(1)
