"""retry.py ROUNDS SERVICE...: a client whose servers are down; tries again twice a second."""
import socket
import sys
import time

from services import reached, services

for _ in range(int(sys.argv[1])):
    for service in services(sys.argv[2:]):
        try:
            socket.create_connection(service).close()
        except ConnectionRefusedError:
            reached(service)
    time.sleep(0.5)
