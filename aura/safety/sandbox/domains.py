"""Which hosts a command may reach, and at which addresses: pure rules."""

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass

from aura.core.errors import ConfigError
from aura.core.text import shorten

PORTS = (80, 443)
LONGEST_HOST = 253
LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
NUMERIC = re.compile(r"[0-9]+|0x[0-9a-f]*")  # resolvers take a name that ends in one for an address
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# besides what is not global by its registration
CLOSED_NETWORKS = """
0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.168.0.0/16 198.18.0.0/15
224.0.0.0/4 240.0.0.0/4 ::/96 100::/64 64:ff9b:1::/48 2001::/32 fc00::/7 fe80::/10 fec0::/10 ff00::/8
"""
CLOSED = tuple(map(ipaddress.ip_network, CLOSED_NETWORKS.split()))
EMBEDDING = tuple(map(ipaddress.ip_network, ("64:ff9b::/96", "::ffff:0:0/96", "::ffff:0:0:0/96")))


@dataclass(frozen=True, slots=True)
class Domain:
    """A host by name; `is_wild` means every host below it and not itself; `port` 0 means the usual ones."""

    host: str
    is_wild: bool = False
    port: int = 0

    def admits(self, host: str, port: int) -> bool:
        """Whether a host, already in order, may be reached at a port."""
        fits = host.endswith(f".{self.host}") if self.is_wild else host == self.host
        return fits and (port == self.port if self.port else port in PORTS)


def parse_domain(text: str) -> Domain:
    """`host`, `*.host`, `host:port`; raises `ConfigError` for anything else."""
    name, colon, number = text.strip().lower().partition(":")
    is_wild = name.startswith("*.")
    host = normalise_host(name.removeprefix("*."))
    port = int(number) if number.isascii() and number.isdecimal() and len(number) <= 5 else 0
    if not host or (colon and not 0 < port < 65536):
        raise ConfigError(
            f"network.domains: {shorten(text, 80)!r} names no host; "
            "write example.com, *.example.com or example.com:8443."
        )
    if is_wild and "." not in host:
        raise ConfigError(
            f"network.domains: {shorten(text, 80)!r} would open a whole top-level domain; name the hosts."
        )
    return Domain(host, is_wild, port)


def parse_domains(texts: Iterable[str]) -> tuple[Domain, ...]:
    """As `parse_domain`, for all."""
    return tuple(map(parse_domain, texts))


def normalise_host(text: str) -> str:
    """A host's name in lower case; empty when it is no plain name: other bytes, empty labels, any kind of address."""
    if not text.isascii() or not text or len(text) > LONGEST_HOST:
        return ""
    labels = text.lower().split(".")
    if not all(map(LABEL.fullmatch, labels)) or NUMERIC.fullmatch(labels[-1]):
        return ""
    return ".".join(labels)


def is_open(address: str, own: Iterable[str] = ()) -> bool:
    """Whether an address is one of the public Internet, and none of this machine's."""
    try:
        seen = _unwrap(ipaddress.ip_address(address.partition("%")[0]))
        mine = {_unwrap(ipaddress.ip_address(each.partition("%")[0])) for each in own}
    except ValueError:
        return False
    if seen in mine or not seen.is_global or seen.is_multicast or seen.is_reserved:
        return False
    return not any(seen in network for network in CLOSED if network.version == seen.version)


def _unwrap(address: Address) -> Address:
    """The IPv4 address that an IPv6 address stands for, where it does."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if any(address in network for network in EMBEDDING):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.sixtofour or address
