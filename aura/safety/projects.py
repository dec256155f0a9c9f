"""Profiles of tools that run what a project defines: scripts of packages, tasks, servers, programs in a debugger."""

import re
from dataclasses import replace

from aura.safety.acts import Command, Level
from aura.safety.inquiry import Inquiry, Profile
from aura.safety.loading import look_at_running_options
from aura.safety.options import parse_options
from aura.safety.programs import OUTWARD, build, run_installed, run_package

OF_PACKAGES = "-F --filter -C --dir --prefix -w --workspace --cwd --stream --reporter --loglevel"
OF_MAVEN = "-pl --projects -f --file -P --activate-profiles -T --threads -s --settings -gs -l --log-file -rf"
OF_TASKS = (
    "-p --project-dir -x --exclude-task --tests -b --build-file -c --settings-file -g --gradle-user-home"
)
TASK = re.compile(
    r"(compile|test|check|build|assemble|lint|ktlint|detekt|spotless|jar|war|classes|javadoc|dokka|jacoco|clean|verify|"
    r"validate|package|integrationTest|bootJar|run|ios|android|connected|process|generate)\w*",
)
GOALS = re.compile(
    r"dependency:(tree|list|analyze)|help:[\w-]+|(spotless|checkstyle|pmd|spotbugs|formatter|fmt):(check|apply|format|validate)|"
    r"surefire:test|failsafe:\w+|jacoco:\w+|exec:java|spring-boot:run"
)
HERE = re.compile(r"(localhost|127\.\d+\.\d+\.\d+|\[?::1\]?)(:\d+)?")
DEBUGGED = re.compile(
    r"r|run|c|continue|bt( full)?( -?\d+)?|backtrace( full)?|where|info [\w ]+|p(rint)?(/\w)? [\w.>*&\[\]-]+|"
    r"list( [\w:.]+)?|frame \d+|up|down|thread apply all (bt|backtrace)( full)?|b(reak)? [\w:.]+|quit|q|"
    r"set (pagination|confirm|print pretty|width|height) \w+"
)


def run_scripts(other: Profile) -> Profile:
    """`npm`, `pnpm`, `yarn`: what is installed in the project may be run, in one package of it or in all."""

    def profile(inquiry: Inquiry, command: Command) -> None:
        options = parse_options(command.args, OF_PACKAGES, stop_early=True)
        verb, rest = options.rest[0].text if options.rest else "", options.rest[1:]
        if verb == "exec" and command.name != "npm":
            inner = parse_options(rest, OF_PACKAGES, stop_early=True).rest
            inquiry.note(Level.CHANGES, f"it runs {command.name} exec")
            if inner:
                run_installed(inquiry, command.inner(inner))
        elif verb in ("exec", "x") and command.name == "npm":
            run_package(
                inquiry, replace(command, args=tuple(arg for arg in command.args if arg.text != verb))
            )
        elif command.name == "yarn" and verb in ("workspace", "workspaces"):
            at = next((at for at, arg in enumerate(rest) if arg.text == "run"), 1)
            profile(inquiry, replace(command, args=rest[at:]))
        elif command.name == "pnpm" and verb in ("recursive", "multi", "m"):
            profile(inquiry, replace(command, args=rest))
        elif command.name == "yarn" and inquiry.profiles.get(verb) is build:
            inquiry.run(command.inner(options.rest))
        else:
            other(inquiry, command)

    return profile


def run_tasks(inquiry: Inquiry, command: Command) -> None:
    """`gradle`, `mvn`: every task that is named; those that go outwards by name, or are not known, need a person."""
    options = parse_options(command.args, OF_MAVEN if command.name.startswith("mvn") else OF_TASKS)
    inquiry.note(Level.CHANGES, f"it runs {command.name}")
    look_at_running_options(inquiry, command)
    is_help = options.has("--version", "-v", "--help", "-h", "-?")
    if not options.rest and not is_help:
        inquiry.note(Level.CONSENT, f"what {command.name} does here is not known")
    for task in options.rest:
        if command.name.startswith("mvn") and GOALS.fullmatch(task.text):
            continue
        name = task.text if command.name.startswith("mvn") else task.text.rpartition(":")[2]
        if OUTWARD.fullmatch(name) or (
            name not in ("tasks", "help", "dependencies", "projects") and not TASK.fullmatch(name)
        ):
            inquiry.note(Level.CONSENT, f"{command.name} {task.text} reaches beyond the workspace")


def serve(inquiry: Inquiry, command: Command) -> None:
    """`uvicorn`, `flask`: a server for this machine is ordinary work, one for the network needs a person."""
    options = parse_options(
        command.args, "-h --host -b --bind -p --port -w --workers -k --worker-class --log-level -A --app"
    )
    inquiry.note(Level.CHANGES, f"it runs {command.name}")
    look_at_running_options(inquiry, command)
    hosts = options.values("-h", "--host", "-b", "--bind")
    if any(not HERE.fullmatch(one.text) and not one.text.startswith("unix:") for one in hosts):
        inquiry.note(Level.CONSENT, "it serves to the network; use 127.0.0.1")
    if command.name == "flask" and [arg.text for arg in options.rest[:1]] not in (["run"], ["routes"]):
        inquiry.note(Level.CONSENT, "what flask does here is not known")


def debug(other: Profile) -> Profile:
    """`gdb`: a program of the project may be run and looked at; everything else is for `other`."""

    def profile(inquiry: Inquiry, command: Command) -> None:
        waiting, given, plain = list(command.args), [], True
        while waiting and waiting[0].text.startswith("-"):
            flag = waiting.pop(0).text.replace("--", "-")
            if flag in ("-ex", "-eval-command", "-o", "-one-line") and waiting:
                given.append(waiting.pop(0).text)
            plain = plain and flag in (
                "-ex",
                "-eval-command",
                "-o",
                "-batch",
                "-b",
                "-q",
                "-quiet",
                "-nx",
                "-args",
            )
        is_own = bool(waiting) and "/" in waiting[0].text
        if plain and is_own and given and all(DEBUGGED.fullmatch(one) for one in given):
            inquiry.note(Level.CHANGES, f"it runs a program under {command.name}")
            inquiry.run(command.inner([one for one in waiting if one.text != "--"]))
        else:
            other(inquiry, command)

    return profile
