"""pool.py SECONDS SERVICE...: a pool of three connections to each service; each says something, idles and is closed."""
import socket
import sys
import time

from services import reached, services

# As long as the shortest that a PostgreSQL client begins with: user and database of one letter.
HELLO = b"\0\0\0\x1b\0\3\0\0user\0a\0database\0a\0\0"

pool = []
for service in services(sys.argv[2:]):
    for _ in range(3):
        connection = socket.create_connection(service)
        connection.sendall(HELLO)
        pool.append(connection)
    reached(service)
time.sleep(float(sys.argv[1]))
for connection in pool:
    connection.close()
