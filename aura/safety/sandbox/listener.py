"""Opens the proxy's door inside a network namespace: run there as `python -I -S -c SOURCE`, never imported by aura.

    SOURCE CHANNEL PORT COMMAND...    (an inherited Unix socket whose other end aura holds)

It listens on loopback, hands the listening socket out over the channel, and becomes the command. Nothing of it stays.
"""

import os
import socket
import sys


def main(channel: int, port: int, command: "list[str]") -> None:
    """See above."""
    try:
        with (
            socket.socket(fileno=channel) as out,
            socket.create_server(("127.0.0.1", port), backlog=128) as door,
        ):
            socket.send_fds(out, [b"!"], [door.fileno()])
        os.execvp(command[0], command)
    except OSError as error:
        os.write(
            2,
            f"aura: the network's door did not open ({error.strerror}); the command was not run.\n".encode(),
        )
        os._exit(126)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
