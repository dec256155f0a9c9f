"""Plays a filter of system calls on made-up calls, as the kernel would."""

import struct
from collections.abc import Sequence

NAMES = {0x80000000: "kill", 0x7FFF0000: "allow"}


def judge(program: bytes, audit: int, number: int, arguments: Sequence[int] = ()) -> str | int:
    """`allow`, `kill`, or the error number that the caller sees."""
    words = [value & (2**64 - 1) for value in (*arguments, *(0,) * (6 - len(arguments)))]
    data = struct.pack("<IIQ6Q", number & 0xFFFFFFFF, audit, 0, *words)
    instructions = list(struct.iter_unpack("=HBBI", program))
    at, word = 0, 0
    while True:
        code, if_true, if_false, operand = instructions[at]
        at += 1
        match code:
            case 0x20:
                (word,) = struct.unpack_from("<I", data, operand)
            case 0x54:
                word &= operand
            case 0x15:
                at += if_true if word == operand else if_false
            case 0x35:
                at += if_true if word >= operand else if_false
            case 0x45:
                at += if_true if word & operand else if_false
            case 0x06:
                return NAMES[operand] if operand in NAMES else operand & 0xFFFF
            case _:
                raise AssertionError(f"no such instruction: {code:#x}")
