import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura.core.errors import ConfigError
from aura.safety.sandbox.domains import CLOSED, Domain, is_open, normalise_host, parse_domain

TEXTS = st.text(st.sampled_from("abz019.-*:/@\0\n\r %_[]xé\u3002"), max_size=20)
HOSTS = st.from_regex(r"\A[a-z]([a-z0-9]{0,8}[a-z0-9])?(\.[a-z]{2,5}){1,3}\Z")


@given(HOSTS, HOSTS, st.integers(1, 65535))
def test_a_host_is_itself_and_nothing_else(host: str, other: str, port: int) -> None:
    domain = parse_domain(host)
    assert domain.admits(host, 443) and domain.admits(host, 80)
    assert domain.admits(host, port) == (port in {80, 443})
    assert domain.admits(other, 443) == (other == host)
    for near in (f"x{host}", f"x.{host}", f"{host}x", f"{host}.x", f"{host}.{other}"):
        assert not domain.admits(near, 443)


@given(HOSTS, HOSTS)
def test_a_wild_host_is_what_lies_below_it(host: str, other: str) -> None:
    domain = parse_domain(f"*.{host}")
    assert domain.admits(f"a.{host}", 443) and domain.admits(f"a.b.{host}", 443)
    assert not domain.admits(host, 443) and not domain.admits(f"x{host}", 443)
    assert not domain.admits(f"a.{host}.{other}9x", 443)


@given(HOSTS, st.integers(1, 65535), st.integers(1, 65535))
def test_a_port_that_is_named_is_the_only_one(host: str, port: int, other: int) -> None:
    domain = parse_domain(f"{host.upper()}:{port}")
    assert domain == Domain(host, port=port)
    assert domain.admits(host, other) == (other == port)


@given(TEXTS)
def test_what_is_no_plain_name_is_none(text: str) -> None:
    host = normalise_host(text)
    assert host in {"", text.lower()}
    if host:
        assert set(host) <= set("abcdefghijklmnopqrstuvwxyz0123456789.-")
        assert ".." not in host and not host.startswith((".", "-")) and not host.endswith((".", "-"))
        with pytest.raises(ValueError):
            ipaddress.ip_address(host)


@pytest.mark.parametrize(
    "text",
    [
        "evil.example\0.allowed.example",
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "a.0x",
        "[::1]",
        "::1",
        "a..b",
        "a.b.",
        ".a.b",
        "a_b.c",
        "a b.c",
        "user@a.b",
        "a.b/c",
        "b\u00fccher.example",
        "a" * 64 + ".b",
        "a." * 127 + "b" * 9,
        "",
    ],
)
def test_other_names_are_refused(text: str) -> None:
    assert normalise_host(text) == ""
    with pytest.raises(ConfigError):
        parse_domain(text)


@pytest.mark.parametrize(
    "text", ["*", "*.com", "a.b:0", "a.b:65536", "a.b:", "a.b:x", "**.a.b", "a.*.b", "https://a.b"]
)
def test_a_setting_that_says_too_much_or_nothing_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match=r"network\.domains"):
        parse_domain(text)


CASES = """
8.8.8.8 1 | 1.1.1.1 1 | 185.199.108.133 1 | 2001:4860:4860::8888 1 | 64:ff9b::808:808 1 | 2002:808:808::1 1
127.0.0.1 0 | 127.9.9.9 0 | ::1 0 | 0.0.0.0 0 | :: 0 | 10.1.2.3 0 | 172.16.0.1 0 | 172.31.255.255 0 | 192.168.1.1 0
169.254.169.254 0 | fe80::1 0 | fe80::1%eth0 0 | fd00:ec2::254 0 | 100.100.100.200 0 | 100.64.0.1 0 | 224.0.0.1 0
255.255.255.255 0 | ff02::1 0 | ::ffff:127.0.0.1 0 | ::ffff:10.0.0.1 0 | ::7f00:1 0 | 64:ff9b::7f00:1 0
2002:7f00:1::1 0 |64:ff9b::a9fe:a9fe 0 | 2002:a9fe:a9fe:: 0 | 64:ff9b:1::808:808 0 | 198.18.0.1 0 | name 0
"""
ADDRESSES = [case.split() for line in CASES.strip().splitlines() for case in line.split("|")]


@pytest.mark.parametrize(("address", "expected"), ADDRESSES)
def test_only_public_addresses_are_open(address: str, expected: str) -> None:
    assert is_open(address) == (expected == "1")


@given(st.ip_addresses())
def test_an_address_of_this_machine_is_closed(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    assert not is_open(str(address), [str(address)])
    assert not is_open(str(address), ["8.8.8.8", str(address)])


@given(st.sampled_from(CLOSED), st.integers(0))
def test_no_address_of_a_closed_network_is_open(
    network: ipaddress.IPv4Network | ipaddress.IPv6Network, number: int
) -> None:
    address = network[number % network.num_addresses]
    assert not is_open(str(address))
    if address.version == 4:
        assert not is_open(f"::ffff:{address}")
        assert not is_open(f"64:ff9b::{address}")
