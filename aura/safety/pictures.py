"""Profiles of programs that change pictures."""

import re

from aura.safety.acts import Command, Level
from aura.safety.inquiry import Inquiry

PICTURE = re.compile(r"[\w./%+ ~*?-]+\.(png|jpe?g|gif|webp|bmp|tiff?|ico|avif)", re.IGNORECASE)
PICTURE_OPTION = re.compile(
    r"[-+](resize|quality|strip|crop|rotate|flip|flop|scale|sample|thumbnail|density|depth|colors|alpha|background|gravity|"
    r"extent|trim|border|blur|sharpen|gray|negate|format|verbose|ping|geometry|auto-orient|append|delay|loop|repage)"
)


def change_pictures(inquiry: Inquiry, command: Command) -> None:
    """`convert`, `magick`, `identify`: pictures in, a picture out; other names and options may run or fetch things."""
    pictures = [arg for arg in command.args if arg.values and PICTURE.fullmatch(arg.text)]
    for before, arg in zip(("", *command.texts), command.args, strict=False):
        is_value = PICTURE_OPTION.fullmatch(before) and re.fullmatch(r"[\w.%x+!^<>#,-]+", arg.text)
        if arg not in pictures and not is_value and not PICTURE_OPTION.fullmatch(arg.text):
            inquiry.note(Level.CONSENT, f"what {command.name} does with {arg.raw} is not known")
            inquiry.look_at_unknown(command)
    if command.name == "identify":
        inquiry.read(*pictures)
    elif command.name == "mogrify":
        inquiry.write(*pictures)
    else:
        inquiry.read(*pictures[:-1])
        inquiry.write(*pictures[-1:])
