"""Services as the programs here take and print them: ADDRESS:PORT."""


def services(words):
    """Pairs of address and port."""
    return [(address, int(port)) for address, port in (word.rsplit(":", 1) for word in words)]


def reached(service):
    """Tells of a service that was really reached: what the evaluation takes as the truth."""
    print("%s:%d" % service, flush=True)
