"""
check.py LINGER EVERY SECONDS SERVICE...: a health checker that connects without blocking and closes, each service EVERY
seconds from a moment of its own, for SECONDS. LINGER is what the checker in its place sets: kubelet SO_LINGER {1, 1}
(pkg/probe/dialer_others.go), keepalived SO_LINGER {1, 5} (keepalived/core/layer4.c).
"""
import heapq
import random
import select
import socket
import struct
import sys
import time

from services import reached, services

linger, every, lasts = int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])
TIMEOUT_SECONDS = 1


def check(service):
    connection = socket.socket()
    connection.setblocking(False)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, linger))
    connection.connect_ex(service)
    select.select([], [connection], [], TIMEOUT_SECONDS)
    failed = connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    connection.close()
    return not failed


seeded = random.Random(1)
start = time.monotonic()
due = [(start + seeded.uniform(0, every), service) for service in services(sys.argv[4:])]
heapq.heapify(due)
while due[0][0] < start + lasts:
    at, service = heapq.heappop(due)
    time.sleep(max(0, at - time.monotonic()))
    if check(service):
        reached(service)
    heapq.heappush(due, (at + every, service))
