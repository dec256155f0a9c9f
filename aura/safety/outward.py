"""Profiles of programs that reach other machines, or lend this one out."""

import re

from aura.safety.acts import Command, Level
from aura.safety.expansion import Arg
from aura.safety.inquiry import Inquiry, Profile
from aura.safety.options import Options, parse_options
from aura.safety.places import is_below
from aura.safety.programs import guarded

LOCAL_HOSTS = re.compile(r"(https?://)?(localhost|127\.\d+\.\d+\.\d+|\[::1\]|0\.0\.0\.0)(:\d+)?(/|$|\?)")
FETCH_VALUES = (
    "-o --output --output-document -H --header -d --data --data-raw --data-binary --data-urlencode -F --form -T "
    "--upload-file -X --request -u --user -A --user-agent -b --cookie -c --cookie-jar -K --config --post-file "
    "--post-data --body-file -m --max-time --connect-timeout --retry -w --write-out -e --referer -x --proxy --resolve "
    "--connect-to --unix-socket"
)
SERVER_VALUES = "-h --host -p --port -P -U -u --user -d --dbname -D --database -c --command -e --execute"
SERVER_KNOWN = (
    f"{SERVER_VALUES} -A -t -q -x -X -w -N -B -s -E --csv --no-psqlrc --tuples-only --batch --table"
)
LOOKING_SQL = re.compile(
    r"\s*(select|show|explain|describe|desc|\\(d\w*\+?|l))\b(?!.*\binto\b)"
    r"([^;()\\|`]|count\(\*\)|(min|max|count|sum|avg|lower|upper|length)\(\w+\))*;?\s*",
    re.IGNORECASE,
)  # one statement, and no function of its own that may do more than look
LOOKING_CACHE = (
    "ping",
    "info",
    "dbsize",
    "get",
    "mget",
    "keys",
    "scan",
    "ttl",
    "type",
    "exists",
    "llen",
    "hgetall",
)
METADATA = re.compile(r"169\.254\.169\.254|metadata\.google\.internal|100\.100\.100\.200|fd00:ec2::254")


def fetch(inquiry: Inquiry, command: Command) -> None:
    """`curl`, `wget`: this machine is free to reach, all else needs a person."""
    options = parse_options(command.args, FETCH_VALUES + (" -O -P -t" if command.name == "wget" else ""))
    inquiry.note(Level.CHANGES, "it reaches the network")
    inquiry.signs.fetches = True
    inquiry.write(*options.values("-o", "--output", "-O", "--output-document", "-c", "--cookie-jar"))
    _remember_download(inquiry, command, options)
    sent = options.values("-d", "--data", "--data-binary", "--data-urlencode", "-F", "--form", "--data-raw")
    for value in (one for arg in sent for one in arg.values):
        name = value.rpartition("@")[2].partition(";")[0] if "@" in value else ""
        inquiry.read(*([Arg((name,), name)] if name else []))
    inquiry.read(*options.values("-T", "--upload-file", "--post-file", "--body-file", "-K", "--config"))
    if options.has("-K", "--config", "-x", "--proxy", "--connect-to", "--resolve", "--unix-socket"):
        inquiry.note(Level.CONSENT, "it may reach anything")
    for arg in options.rest:
        if any(METADATA.search(value) for value in arg.values):
            inquiry.note(Level.FLOOR, "it asks the cloud for credentials")
        elif not arg.values or not all(LOCAL_HOSTS.match(value) for value in arg.values):
            inquiry.note(Level.CONSENT, f"it reaches {arg.raw}")
            inquiry.signs.sends = True
            methods = [one.text.upper() for one in options.values("-X", "--request")]
            if "DELETE" in methods and re.search(r"\*|/_all\b|://[^/]+/?$", arg.text):
                inquiry.note(Level.FLOOR, "it deletes everything that another machine keeps there")
            if re.search(r"://[^/?]*(\$\(|`)", arg.raw):
                inquiry.note(Level.FLOOR, "it hides data in the name that it asks for")
            if _sends_packed(inquiry, command):
                inquiry.note(Level.FLOOR, "it sends the project to another machine")


def _sends_packed(inquiry: Inquiry, command: Command) -> bool:
    """Whether what goes out is an archive that was made in this text, in a pipe or as a file."""
    is_piped = command.piped and any(re.search(r"^@?-$|=@-|@-$|/dev/stdin", text) for text in command.texts)
    if is_piped and any(
        stage[0] in ("tar", "bsdtar", "zip", "7z", "cpio")
        or stage[:2] in (("git", "archive"), ("git", "bundle"))
        for stage in inquiry.signs.stages
    ):
        return True
    named = (text.rpartition("@")[2].partition(";")[0].rpartition("=")[2] for text in command.texts)
    return any(inquiry.places.resolve(one, inquiry.cwd) in inquiry.signs.packed for one in named if one)


def _remember_download(inquiry: Inquiry, command: Command, options: Options) -> None:
    """The files that a download makes: what is fetched is not run in the same breath."""
    names = [value.text for value in options.values("-o", "--output", "-O", "--output-document")]
    if not names and (command.name == "wget" or options.has("-O", "--remote-name", "-J")):
        names = [arg.text.partition("?")[0].rpartition("/")[2] for arg in options.rest]
    inquiry.signs.downloads += [
        inquiry.places.resolve(name, inquiry.cwd) for name in names if name not in ("", "-")
    ]


def query_server(other: Profile) -> Profile:
    """`psql`, `mysql`: a database on this machine may be looked at; everything else is for `other`."""

    def profile(inquiry: Inquiry, command: Command) -> None:
        options = parse_options(command.args, SERVER_VALUES)
        hosts, texts = options.values("-h", "--host"), options.values("-c", "--command", "-e", "--execute")
        is_here = bool(hosts) and all(LOCAL_HOSTS.fullmatch(one.text) for one in hosts)
        looks = bool(texts) and all(one.values and LOOKING_SQL.fullmatch(one.text) for one in texts)
        names = (*options.rest, *options.values("-d", "--dbname", "-D", "--database"))
        is_plain = (
            not command.piped and command.document is None and not any("=" in one.text for one in names)
        )
        is_plain = is_plain and not any("://" in one.text for one in names)
        if is_here and looks and is_plain and {*options.names} <= {*SERVER_KNOWN.split()}:
            inquiry.note(Level.CHANGES, "it asks a database on this machine")
        else:
            other(inquiry, command)

    return profile


def ask_cache(other: Profile) -> Profile:
    """`redis-cli`: a server on this machine may be looked at; everything else is for `other`."""

    def profile(inquiry: Inquiry, command: Command) -> None:
        options = parse_options(command.args, "-h -p -n")
        hosts, words = options.values("-h"), [arg.text.lower() for arg in options.rest]
        is_here = bool(hosts) and all(LOCAL_HOSTS.fullmatch(one.text) for one in hosts)
        if is_here and words[:1] and words[0] in LOOKING_CACHE and {*options.names} <= {"-h", "-p", "-n"}:
            inquiry.note(Level.CHANGES, "it asks a server on this machine")
        else:
            other(inquiry, command)

    return profile


def ask_names(inquiry: Inquiry, command: Command) -> None:
    """`ping`, `dig`: a name that is computed carries data to whoever answers for it."""
    inquiry.note(Level.CONSENT, "it sends names to other machines")
    if command.name == "getent" and "shadow" in " ".join(command.texts[:1]):
        inquiry.note(Level.FLOOR, "it prints what passwords are kept as")
    if any(re.search(r"[$`]", arg.raw) for arg in command.args):
        inquiry.note(Level.FLOOR, "it hides data in the names that it asks for")


def connect(inquiry: Inquiry, command: Command) -> None:
    """`nc`, `socat`, `ssh`: a line to elsewhere; one that hands out a shell is never opened."""
    is_probe = (
        command.name in ("nc", "ncat")
        and not command.piped
        and any(re.match(r"-[a-y]*z", text) for text in command.texts)
    )
    if is_probe and all(LOCAL_HOSTS.match(text) or re.match(r"-\w+$|\d+$", text) for text in command.texts):
        return
    inquiry.note(Level.CONSENT, f"{command.name} reaches the network")
    text = " ".join(command.texts)
    if (
        inquiry.signs.fetches
        and command.piped
        and re.search(r"\b(ba|z|da|k)?sh\b", " ".join(command.texts[1:]))
    ):
        inquiry.note(Level.FLOOR, "it runs what it downloads")
    inquiry.signs.fetches = True
    inquiry.signs.sends = inquiry.signs.sends or not LOCAL_HOSTS.search(text)
    if (
        command.piped
        and re.search(r"\bssh\b", command.name)
        and re.search(r"\bcat\s*>|\btee\b|\bdd\b|\btar\b", text)
    ):
        inquiry.note(Level.FLOOR, "it sends what another command prints to another machine")
    if re.search(
        r"\bEXEC:|\bSYSTEM:|\b(FILE|OPEN|GOPEN):|(^|\s)-(e|c|R|-exec|-sh-exec)(\s|$)|ProxyCommand|LocalCommand|PermitLocalCommand",
        text,
        re.IGNORECASE,
    ):
        inquiry.note(Level.FLOOR, f"this {command.name} hands out a shell, or runs another command")
    if command.name == "socat" and len(_find_ends(command)) > 1 and _lends(_find_ends(command)):
        inquiry.note(Level.FLOOR, "it opens this machine to others")
    if command.name == "ssh" and re.search(r"(^|\s)-[A-Za-z]*[RD](\s|\d|$)", text):
        inquiry.note(Level.FLOOR, "it opens this machine, or its network, to others")
    if (
        command.piped
        and command.name in ("nc", "ncat", "netcat", "socat", "telnet")
        and not LOCAL_HOSTS.search(text)
    ):
        inquiry.note(Level.FLOOR, "it sends what another command prints to another machine")
    inquiry.read(*[arg for arg in command.args if arg.text.startswith(("~", "/", "."))])


def _find_ends(command: Command) -> list[str]:
    """The addresses of a `socat`."""
    return [text for text in command.texts if re.match(r"[A-Za-z0-9-]+:", text)]


def _lends(ends: list[str]) -> bool:
    """Whether a service of this machine is joined to another machine, or to a door that is open to others."""
    local = [
        one for one in ends if LOCAL_HOSTS.match(one.partition(":")[2]) or one.upper().startswith("UNIX")
    ]
    doors = [one for one in ends if "LISTEN" in one.upper() and not re.search(r"bind=(127\.|localhost)", one)]
    far = [one for one in ends if one not in local and "LISTEN" not in one.upper()]
    return bool(local) and bool(doors or far)


def synchronise(inquiry: Inquiry, command: Command) -> None:
    """`rsync`, `scp`: a copy, perhaps to elsewhere."""
    options = parse_options(command.args, "-e --rsh --exclude --include -i -P -o --rsync-path -F -S")
    if options.has("-e", "--rsh", "-o", "-S", "--rsync-path", "--delete", "--remove-source-files"):
        inquiry.note(Level.CONSENT, f"an option of {command.name} runs commands or deletes")
    way = ("-S",) if command.name == "scp" else ("-e", "--rsh")
    if any(not re.match(r"(/usr/bin/)?ssh( |$)", one.text) for one in options.values(*way)):
        inquiry.note(Level.FLOOR, f"it makes {command.name} run another program instead of ssh")
    if any(re.match(r"[^/]*:", arg.text) for arg in options.rest):
        inquiry.note(Level.CONSENT, f"{command.name} copies to or from another machine")
        local = [arg for arg in options.rest if ":" not in arg.text]
        inquiry.read(*local)
        if any(
            is_below(inquiry.places.spelled_home, inquiry.locate(one)) for arg in local for one in arg.values
        ):
            inquiry.note(Level.FLOOR, "it copies everything that is yours to another machine, or over it")
    else:
        inquiry.read(*options.rest[:-1])
        inquiry.write(*options.rest[-1:])
        paths = [inquiry.places.resolve(one, inquiry.cwd) for arg in options.rest[-1:] for one in arg.values]
        if any(name.startswith("--del") for name in options.names) and any(
            inquiry.places.is_ancestor(path) or inquiry.places.judge_write(path).outside for path in paths
        ):
            inquiry.note(Level.FLOOR, "it deletes all that is not in another folder")


def run_container(pattern: str, floor: str, reason: str) -> Profile:
    """`docker`: needs a person; the home folder and what holds keys are never lent to a container."""
    inner = guarded(pattern, floor, reason, looks=r"(-v|(compose |buildx )?version)( --(short|client))?$")

    def profile(inquiry: Inquiry, command: Command) -> None:
        inner(inquiry, command)
        for text in command.texts:
            source = re.search(r"(?:^|[=,]|source=|src=)([/~][^:,]*)(?=[:,]|$)", text)
            if source is None:
                continue
            path = inquiry.places.resolve(source[1], inquiry.cwd)
            if is_below(inquiry.places.spelled_home, path) or inquiry.places.judge_read(path).floor:
                inquiry.note(Level.FLOOR, f"it lends {source[1]} to a container")

    return profile
