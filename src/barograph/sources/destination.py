"""Where a connection may lead: names are resolved here, and only to an address that was checked is connected.

A name that someone else's DNS answers for must not lead to this machine, its network or a cloud's metadata service. What is
checked and what is connected to is the same address, so an answer of DNS that changes in between (rebinding) changes nothing.
"""

import socket
from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final

from barograph.errors import AccessRefused

Address = IPv4Address | IPv6Address

METADATA: Final = frozenset(map(ip_address, ("100.100.100.200", "192.0.0.192", "fd00:ec2::254")))
"""Metadata services of clouds that are at no link-local address. Source: the documentation of Alibaba, Oracle and Amazon."""

GLOBAL_UNICAST: Final = IPv6Network("2000::/3")
"""All that is given out on the Internet. Source: IANA, IPv6 Global Unicast Address Assignments."""

NAT64: Final = IPv6Network("64:ff9b::/96")
"""Addresses of IPv4 as a network of IPv6 alone writes them. Source: RFC 6052."""


@dataclass(frozen=True, slots=True)
class Destinations:
    """Addresses that may be connected to.

    `named`: hosts, in small letters, that the user's settings name as sources of their own. They may be on this machine and in
    private networks; every other host must be on the Internet.
    """

    named: Collection[str] = frozenset()

    def resolve(self, host: str, port: int) -> list[str]:
        """The addresses of `host`, in the order of the resolver.

        Raises:
            AccessRefused: one of them is none that may be connected to.
            socket.gaierror: there are none.
        """
        found = [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
        for text in found:
            if why := find_refusal(ip_address(text), is_named=host.lower() in self.named):
                raise AccessRefused(
                    f"{host} is at {text}, {why}: nothing was sent. Correct its entry in DNS or in /etc/hosts; "
                    "a server of your own must be named in .env, among the origins that may be asked"
                )
        return list(dict.fromkeys(found))


def find_refusal(address: Address, *, is_named: bool) -> str:
    """Why `address` may not be connected to; empty = it may. `is_named`: the user's settings name its host."""
    for meant in _meant(address):
        if meant.is_link_local or meant in METADATA:
            return "where machines find a cloud's metadata and their neighbours"
        if meant.is_multicast or meant.is_unspecified or (meant.version == 4 and meant.is_reserved):
            return "which is the address of no machine"
        if not is_named and not (meant.is_global and (meant.version == 4 or meant in GLOBAL_UNICAST)):
            return "which is not on the Internet"
    return ""


def _meant(address: Address) -> list[Address]:
    """The addresses that `address` leads to: itself, or the IPv4 ones that it holds."""
    if isinstance(address, IPv4Address):
        return [address]
    if address in NAT64:
        return [IPv4Address(int(address) & 0xFFFF_FFFF)]
    if address.ipv4_mapped:
        return [address.ipv4_mapped]
    tunnelled = (address.sixtofour, *(address.teredo or ()))
    return [address, *(one for one in tunnelled if one is not None)]
