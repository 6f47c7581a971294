"""Host names in filters: fd.cip.name, fd.sip.name, fd.lip.name, fd.rip.name.

A name is looked up once, when the filter is made (libs: userspace/libsinsp/dns_manager.cpp).
"""

import socket
from functools import cache
from typing import Final

# field of a name -> field of its address
ADDRESS_OF: Final = {f"fd.{end}ip.name": f"fd.{end}ip" for end in "cslr"}
OPERATORS: Final = ("=", "!=", "in", "exists")


@cache
def addresses(name: str) -> list[bytes]:
    """IPv4 and IPv6 addresses of a host, 4 or 16 bytes each; empty where the resolver knows none."""
    try:
        found = socket.getaddrinfo(name, None)
    except (OSError, UnicodeError):
        return []
    texts = sorted({(family, str(entry[0])) for family, _, _, _, entry in found if family in (socket.AF_INET, socket.AF_INET6)})
    return [socket.inet_pton(family, text.partition("%")[0]) for family, text in texts]
