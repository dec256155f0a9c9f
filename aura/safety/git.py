"""The profile of git: which subcommands look, which work, which throw work away, and which never run."""

import re
import shlex
from pathlib import PurePath

from aura.safety.acts import Command, Level
from aura.safety.expansion import Arg
from aura.safety.inquiry import Inquiry
from aura.safety.options import Options, parse_options
from aura.safety.places import is_below

GLOBAL_VALUES = "-C -c --git-dir --work-tree --namespace --exec-path --super-prefix --config-env"
HARMLESS_KEYS = re.compile(
    r"user\.(name|email)|color\.\w+|core\.(quotepath|pager=cat|autocrlf)|init\.defaultbranch|advice\.\w+|gc\.auto",
    re.IGNORECASE,
)
RUNNING_KEYS = re.compile(
    r"core\.(hookspath|sshcommand|fsmonitor|pager|editor|askpass|gitproxy|alternaterefscommand)|alias\.|filter\.|"
    r"(diff|merge|difftool|mergetool)\..*(command|textconv|driver|cmd)|diff\.external|credential|gpg\.|url\.|include|"
    r"sequence\.editor|pager\.|browser\.|man\.|interactive\.difffilter|protocol\.|remote\..*\.(vcs|uploadpack|receivepack)|"
    r"uploadpack|receive\.|init\.templatedir|submodule\..*update",
    re.IGNORECASE,
)

MAIN = re.compile(r"[+:]?(\S+:)?(refs/heads/)?(main|master|trunk|develop|production|release)")
LOOKS = """status diff log show describe rev-parse rev-list merge-base ls-files ls-tree cat-file blame annotate
    shortlog name-rev for-each-ref count-objects fsck whatchanged help version check-ignore check-attr var
    diff-tree diff-files stripspace check-ref-format patch-id check-mailmap diff-index
    show-ref show-branch cherry range-diff grep verify-commit verify-tag"""
WORKS = """add commit switch stash merge cherry-pick revert mv init apply am notes restore checkout reset rm
    branch tag"""
NETWORK = "fetch pull push clone ls-remote send-email svn p4 lfs"


def judge_git(inquiry: Inquiry, command: Command) -> None:
    """Look at one git command."""
    options = parse_options(command.args, GLOBAL_VALUES, stop_early=True)
    for setting in options.values("-c", "--config-env"):
        _look_at_setting(inquiry, setting)
    if options.has("--git-dir", "--work-tree", "--exec-path"):
        inquiry.note(Level.CONSENT, "it uses git with other folders")
    outer = inquiry.cwd
    for folder in options.values("-C"):
        inquiry.read(folder)
        inquiry.cwd = inquiry.places.resolve(folder.text, inquiry.cwd) if folder.values else ""
        if not is_below(inquiry.cwd, inquiry.places.workspace):
            inquiry.note(
                Level.CONSENT, f"it uses git with another folder, by the settings there ({folder.raw})"
            )
        if {".aura", ".git"}.intersection(PurePath(inquiry.cwd).parts) and not _is_looking(options):
            inquiry.note(Level.FLOOR, f"it changes {folder.raw}, which holds the rules of aura or of git")
    if options.rest:
        _judge_subcommand(inquiry, options.rest[0].text, options.rest[1:])
    inquiry.cwd = outer


def _is_looking(options: Options) -> bool:
    return not options.rest or options.rest[0].text in LOOKS.split()


def _look_at_setting(inquiry: Inquiry, setting: Arg) -> None:
    if HARMLESS_KEYS.match(setting.text):
        return
    inquiry.note(Level.CONSENT, f"it changes how git works ({setting.raw})")
    path = inquiry.places.resolve(setting.text.partition("=")[2], inquiry.cwd)
    if RUNNING_KEYS.match(setting.text) and inquiry.places.is_temporary(path):
        inquiry.note(Level.FLOOR, f"it makes git run what lies outside the workspace ({setting.raw})")


def _judge_subcommand(inquiry: Inquiry, name: str, args: tuple[Arg, ...]) -> None:
    options = parse_options(
        args, VALUED.get(name, "-m --message -n -C -F --format --pretty -S -G -L -U --author --since --until")
    )
    if name in LOOKS.split():
        _look(inquiry, name, options)
    elif name in SPECIAL:
        SPECIAL[name](inquiry, options)
    elif name in WORKS.split():
        _work(inquiry, name, options)
        if name == "checkout" and any(arg.text == "--" for arg in args):
            inquiry.note(Level.CONSENT, "this git checkout throws changes away")
    elif name in NETWORK.split():
        if name == "clone":
            inquiry.signs.fetches = inquiry.signs.unpacks = True
        inquiry.note(Level.CONSENT, f"git {name} reaches the network")
    elif name in ("filter-branch", "filter-repo", "replace"):
        inquiry.note(Level.FLOOR, "it rewrites the whole history of the repository")
    elif name.startswith("credential"):
        inquiry.note(Level.FLOOR, "it asks git for a password")
    else:
        inquiry.note(Level.CONSENT, f"what git {name} does is not known")


def _look(inquiry: Inquiry, name: str, options: Options) -> None:
    if options.has("--ext-diff", "--textconv", "-O", "--open-files-in-pager"):
        inquiry.note(Level.CONSENT, f"an option of git {name} runs other programs")
    inquiry.write(*options.values("--output"))
    if any(name.startswith("--output") for name in options.names) and not options.values("--output"):
        inquiry.note(Level.CONSENT, "it writes a file")
    if options.has("--no-index"):
        inquiry.read(*options.rest)
    for arg in options.rest:
        inquiry.read(*([arg] if inquiry.places.names_secret_file(arg.text, inquiry.cwd) else []))
        revision, colon, path = arg.text.partition(":")
        inquiry.read(*([Arg((path,), path)] if colon and revision and path else []))


def _work(inquiry: Inquiry, name: str, options: Options) -> None:
    """What people do all day; what throws work away needs a person."""
    if name in ("branch", "tag", "stash") and _is_listing(name, options):
        return
    inquiry.note(Level.CHANGES, f"git {name} changes the repository")
    lossy = {
        "switch": options.has("-f", "--force", "--discard-changes", "-C", "--force-create"),
        "checkout": options.has("-f", "--force", "-B", "--theirs", "--ours") or _names_files(options),
        "restore": not options.has("--staged", "-S") or options.has("--worktree", "-W"),
        "stash": options.rest[:1] and options.rest[0].text in ("drop", "clear"),
        "reset": options.has("--hard", "--merge", "--keep"),
        "rm": options.has("-r", "-f", "--force") or any(arg.glob or not arg.values for arg in options.rest),
        "branch": options.has(
            "-D",
            "-d",
            "--delete",
            "-f",
            "--force",
            "-M",
            "-m",
            "--move",
            "-u",
            "--set-upstream-to",
            "--edit-description",
        ),
        "tag": options.has("-d", "--delete", "-f", "--force"),
        "init": options.has("--separate-git-dir"),
    }
    if lossy.get(name):
        inquiry.note(Level.CONSENT, f"this git {name} throws something away")
    if options.has("--template") and name == "init":
        inquiry.note(Level.FLOOR, "it makes git run the hooks of another folder")
    if options.has("--ext-diff"):
        inquiry.note(Level.CONSENT, f"an option of git {name} runs other programs")
    strategies = options.values("-s", "--strategy") if name in STRATEGIC else ()
    if any(one.text not in STRATEGIES for one in strategies):
        inquiry.note(Level.CONSENT, "it makes git run another program to merge")
    if name in ("apply", "am"):
        for folder in options.values("--directory"):
            inquiry.write(folder)
            if ".." in folder.text or folder.text.startswith(("/", "~")):
                inquiry.note(Level.CONSENT, "it may write outside the workspace")
    if options.has("--unsafe-paths"):
        inquiry.note(Level.CONSENT, "it may write outside the workspace")
    if name in ("apply", "am"):
        inquiry.read(*options.rest)
    if name == "am" and not all(
        is_below(inquiry.places.resolve(one, inquiry.cwd), inquiry.places.workspace)
        for arg in options.rest
        for one in arg.values
    ):
        inquiry.note(Level.CONSENT, "it commits what lies outside the workspace")
    if name in ("mv", "rm"):
        inquiry.write(*options.rest)


def _is_listing(name: str, options: Options) -> bool:
    if name == "stash":
        return (
            bool(options.rest) and options.rest[0].text in ("list", "show") and not options.has("--ext-diff")
        )
    changing = "-D -d --delete -f --force -M -m --move -u --set-upstream-to --unset-upstream --edit-description -c -C"
    if options.has(*changing.split()):
        return False
    if options.has("--list", "-l", "--show-current", "--contains", "--merged", "--no-merged", "--points-at"):
        return True
    return not options.rest


def _names_files(options: Options) -> bool:
    """Whether a checkout names files, whose changes it would discard."""
    named = (re.search(r"/[^/]*\.[^/]*$|^\.$", arg.text) or arg.glob for arg in options.rest)
    return any(named) or len(options.rest) > 2


def _config(inquiry: Inquiry, options: Options) -> None:
    looks = options.has(
        "--get", "--get-all", "--get-regexp", "--list", "-l", "--show-origin", "--get-urlmatch"
    )
    words = [arg.text for arg in options.rest if arg.text not in ("set", "unset", "add", "get", "list")]
    verb = options.rest[0].text if options.rest else ""
    if (
        looks
        or verb in ("get", "list")
        or (len(words) == 1 and verb != "unset" and not options.has("--unset", "--unset-all", "-e", "--edit"))
    ):
        return
    if words and RUNNING_KEYS.match(words[0]):
        inquiry.note(Level.FLOOR, f"it makes git run other programs ({words[0]})")
    else:
        inquiry.note(Level.CONSENT, "it changes the settings of git")


def _reflog(inquiry: Inquiry, options: Options) -> None:
    if options.rest and options.rest[0].text in ("expire", "delete", "drop"):
        inquiry.note(Level.FLOOR, "it wipes what git remembers of lost work")


def _push(inquiry: Inquiry, options: Options) -> None:
    inquiry.note(Level.CONSENT, "git push publishes work")
    forced = options.has("--force", "-f", "--mirror", "--force-with-lease")
    if options.has("--mirror", "--prune", "--all") and forced:
        inquiry.note(Level.FLOOR, "it overwrites every branch of the other repository")
    if any(re.match(r"\w[\w+.-]*://|[\w.-]+@[\w.-]+:", arg.text) for arg in options.rest[:1]):
        inquiry.note(Level.FLOOR, "it sends the project to a place of its own choice")
    for arg in options.rest[1:]:
        if "*" in arg.text and (forced or arg.text.startswith("+")):
            inquiry.note(Level.FLOOR, "it overwrites every branch of the other repository")
        if MAIN.fullmatch(arg.text) and (forced or options.has("--delete", "-d") or arg.text[0] in "+:"):
            inquiry.note(
                Level.FLOOR, f"it overwrites or deletes {arg.text.lstrip('+:')} of the other repository"
            )


def _export(inquiry: Inquiry, options: Options) -> None:
    """`git format-patch`, `archive`, `bundle`: files are made of what is committed."""
    inquiry.note(Level.CHANGES, "it writes what is committed into files")
    inquiry.write(*options.values("-o", "--output", "--output-directory"))
    if options.rest[:1] and options.rest[0].text == "create":
        inquiry.write(*options.rest[1:2])
    inquiry.signs.packed += [
        inquiry.locate(one.text) for one in (*options.values("-o", "--output"), *options.rest[1:2])
    ]
    if options.has("--remote", "--exec", "--ext-diff", "--textconv", "--to", "--add-file"):
        inquiry.note(Level.CONSENT, "an option of git reaches elsewhere, or runs other programs")


def _bisect(inquiry: Inquiry, options: Options) -> None:
    """`git bisect run` runs a command many times."""
    inquiry.note(Level.CHANGES, "git bisect changes what is checked out")
    if options.rest and options.rest[0].text == "run":
        inquiry.note(Level.CONSENT, "git bisect runs a command")
        inquiry.read_quietly(" ".join(shlex.quote(arg.text) for arg in options.rest[1:]))


def _remote(inquiry: Inquiry, options: Options) -> None:
    if options.rest and options.rest[0].text != "get-url":
        inquiry.note(Level.CONSENT, "it changes or asks other repositories")


def _worktree(inquiry: Inquiry, options: Options) -> None:
    verb = options.rest[0].text if options.rest else "list"
    if verb == "add":
        inquiry.write(*options.rest[1:2])
    elif verb != "list":
        inquiry.note(Level.CONSENT, f"git worktree {verb} throws something away")


def _clean(inquiry: Inquiry, options: Options) -> None:
    if not options.has("-n", "--dry-run"):
        inquiry.note(Level.CONSENT, "git clean deletes files that git does not know")
        paths = [inquiry.places.resolve(one, inquiry.cwd) for arg in options.rest for one in arg.values]
        paths += [] if paths else [inquiry.cwd or inquiry.places.workspace]
        if any(inquiry.places.is_ancestor(path) and path != inquiry.places.workspace for path in paths):
            inquiry.note(Level.FLOOR, "it deletes outside the workspace")


def _gc(inquiry: Inquiry, options: Options) -> None:
    pruned = options.values("--prune")
    level = Level.FLOOR if any(value.text in ("now", "all") for value in pruned) else Level.CONSENT
    inquiry.note(level, "it removes what git keeps of lost work")


def _rebase(inquiry: Inquiry, options: Options) -> None:
    is_way_back = options.has("--abort", "--quit") and not options.rest
    inquiry.note(Level.CHANGES if is_way_back else Level.CONSENT, "git rebase rewrites history")


def _update_ref(inquiry: Inquiry, options: Options) -> None:
    inquiry.note(Level.CONSENT, "git update-ref moves branches")
    if options.has("-d", "--delete") and any(MAIN.fullmatch(arg.text) for arg in options.rest[:1]):
        inquiry.note(Level.FLOOR, "it deletes the main branch")


def _symbolic_ref(inquiry: Inquiry, options: Options) -> None:
    if len(options.rest) != 1 or options.has("-d", "--delete", "-m"):
        inquiry.note(Level.CONSENT, "git symbolic-ref changes what a branch means")


def _submodule(inquiry: Inquiry, options: Options) -> None:
    verb = options.rest[0].text if options.rest else "status"
    if verb not in ("status", "summary"):
        inquiry.note(Level.CONSENT, f"git submodule {verb} reaches the network, or runs a command in each")
    if verb == "foreach":
        inquiry.read_quietly(" ".join(arg.text for arg in options.rest[1:]))


SPECIAL = {
    "submodule": _submodule,
    "symbolic-ref": _symbolic_ref,
    "bisect": _bisect,
    "format-patch": _export,
    "archive": _export,
    "bundle": _export,
    "config": _config,
    "reflog": _reflog,
    "push": _push,
    "remote": _remote,
    "worktree": _worktree,
    "clean": _clean,
    "gc": _gc,
    "prune": _gc,
    "rebase": _rebase,
    "update-ref": _update_ref,
}
STRATEGIC = ("merge", "cherry-pick", "revert")
STRATEGIES = ("ours", "ort", "recursive", "resolve", "octopus", "subtree")
VALUED = {
    **dict.fromkeys(STRATEGIC, "-m -F -s --strategy -X --strategy-option --mainline"),
    **dict.fromkeys(("apply", "am"), "-p -C --directory --include --exclude --build-fake-ancestor"),
    "commit": "-m --message -F --file -C -c --author --date --fixup --squash -t",
    "config": "-f --file --type --default --blob",
    "restore": "-s --source",
    "checkout": "-b -B",
    "switch": "-c -C --create --force-create",
    "branch": "--contains --merged --no-merged --sort --format --points-at -u --set-upstream-to",
    "tag": "-m --message -F --sort --format --contains --points-at -n -u",
    "grep": "-e -f -A -B -C --max-depth -m",
    "worktree": "-b -B",
    "format-patch": "-o --output-directory -v --start-number --suffix",
    "archive": "-o --output --format --prefix --remote --exec",
}
