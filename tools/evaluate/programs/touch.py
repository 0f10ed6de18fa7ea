"""touch.py HOW SECONDS SERVICE...: connects to one service each SECONDS and leaves in one of these ways."""
import select
import socket
import struct
import sys
import time

from services import reached, services


def close_by_reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def read_banner(connection):
    connection.recv(256)
    connection.close()


def leave_banner(connection):
    # What is closed with data unread is closed by a reset.
    select.select([connection], [], [])
    connection.close()


def send_byte_and_reset(connection):
    connection.send(b"\n")
    close_by_reset(connection)


WAYS = {
    "linger-0": close_by_reset,
    "read-banner": read_banner,
    "leave-banner": leave_banner,
    "one-byte": send_byte_and_reset,
}

leave = WAYS[sys.argv[1]]
seconds = float(sys.argv[2])
for number, service in enumerate(services(sys.argv[3:])):
    if number > 0:
        time.sleep(seconds)
    leave(socket.create_connection(service))
    reached(service)
