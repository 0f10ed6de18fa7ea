"""scrape.py EVERY SECONDS SERVICE...: Prometheus' part beside its blackbox exporter: scrapes a TCP probe of each service."""
import heapq
import random
import sys
import time
import urllib.error
import urllib.request

from services import reached, services

every, lasts = float(sys.argv[1]), float(sys.argv[2])
PROBE = "http://127.0.0.1:9115/probe?module=tcp_connect&target=%s:%d"


def await_exporter():
    while True:
        try:
            return urllib.request.urlopen("http://127.0.0.1:9115/-/healthy").close()
        except urllib.error.URLError:
            time.sleep(0.1)


await_exporter()
seeded = random.Random(1)
start = time.monotonic()
# As Prometheus does, each target has an offset of its own within the interval.
due = [(start + seeded.uniform(0, every), service) for service in services(sys.argv[3:])]
heapq.heapify(due)
while due[0][0] < start + lasts:
    at, service = heapq.heappop(due)
    time.sleep(max(0, at - time.monotonic()))
    with urllib.request.urlopen(PROBE % service) as answer:
        if b"\nprobe_success 1" in answer.read():
            reached(service)
    heapq.heappush(due, (at + every, service))
