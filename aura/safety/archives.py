"""Profiles of programs that pack, unpack, compress and decode."""

import re
from collections import defaultdict

from aura.safety.acts import Command, Level
from aura.safety.deleting import look_at_target
from aura.safety.expansion import Arg
from aura.safety.inquiry import Inquiry
from aura.safety.options import parse_options

PRINTING = defaultdict(
    lambda: re.compile(r"--to-std|-(?!-)\w*O|x\w*O"),
    {"unzip": re.compile(r"-\w*[pc]"), "zip": re.compile(r"-$|--out.*-$"), "7z": re.compile(r"-so")},
)  # options by which what was packed goes to the standard output


def archive(inquiry: Inquiry, command: Command) -> None:
    """`tar`, `zip`, `unzip` and the like: archives are read and written, some options run commands."""
    texts = command.texts
    if any(
        re.match(r"--(ch\w*-a|to-c|use-c|rsh-c|info-s|new-v|rmt-c)", text)
        or (command.name != "unzip" and re.match(r"-(?!-)\w*[IF]", text))
        for text in texts
    ):
        inquiry.note(Level.CONSENT, f"an option of {command.name} runs commands")
    if command.name == "zip" and any(re.match(r"-T|--unzip-command", text) for text in texts):
        inquiry.note(Level.CONSENT, "an option of zip runs commands")
    inquiry.note(Level.CHANGES, f"{command.name} writes files")
    inquiry.signs.decodes = inquiry.signs.decodes or any(
        PRINTING[command.name].match(one) for one in texts[:4]
    )
    inquiry.signs.unpacks = inquiry.signs.unpacks or inquiry.signs.fetches
    is_removing = any(
        text.startswith("--remove-f")
        or (command.name == "zip" and re.match(r"-(?!-)\w*m|--move", text))
        or text == "-sdel"
        for text in texts
    )
    if is_removing:
        inquiry.note(Level.CONSENT, "it deletes what it packs")
        packed = [arg for arg in command.args if not arg.text.startswith("-")]
        for arg in packed:
            look_at_target(inquiry, arg, recursive=True)
    inquiry.signs.packed += [
        inquiry.places.resolve(text, inquiry.cwd)
        for text in texts
        if re.search(r"\.(t[gbx]z2?|tar(\.\w+)?|zip|7z)$", text)
    ]
    folders = [
        arg
        for before, arg in zip(("", *texts), command.args, strict=False)
        if before in ("-C", "--directory")
    ]
    for before, arg in zip(("", *texts), command.args, strict=False):
        is_name = not arg.text.startswith("-") and ("/" in arg.text or "." in arg.text or not arg.values)
        if before in ("-d", "-C", "--directory", "-f", "--file"):
            inquiry.write(arg)
        elif is_name:
            inquiry.read(arg)
            inquiry.read(*(Arg((f"{one.text}/{arg.text}",), arg.raw) for one in folders if arg.values))


def compress(inquiry: Inquiry, command: Command) -> None:
    """`gzip` and its kin: replace their files, or pass a stream on."""
    options = parse_options(command.args, "-S --suffix")
    inquiry.signs.decodes = (
        inquiry.signs.decodes
        or options.has("-d", "--decompress")
        or "un" in command.name
        or "cat" in command.name
    )
    if options.has("-c", "--stdout", "-l", "-t") or "cat" in command.name or not options.rest:
        inquiry.read(*options.rest)
    else:
        inquiry.write(*options.rest)


def decode(inquiry: Inquiry, command: Command) -> None:
    """`base64`, `xxd`: readers whose output may be code in disguise."""
    options = parse_options(command.args, "-w --wrap -l -c -s -g -o")
    inquiry.signs.decodes = True
    inquiry.read(*options.rest[:1])
    inquiry.write(*options.rest[1:2] if command.name == "xxd" else ())
