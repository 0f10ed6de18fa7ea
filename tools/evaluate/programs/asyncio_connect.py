"""asyncio_connect.py SERVICE...: the port scanner of many a tutorial, all at once; closes each connection unused."""
import asyncio
import sys

from services import reached, services


async def touch(service):
    _, writer = await asyncio.open_connection(*service)
    writer.close()
    await writer.wait_closed()
    reached(service)


async def main():
    await asyncio.gather(*map(touch, services(sys.argv[1:])))


asyncio.run(main())
