"""Reads shell text the way a shell does, as far as it takes to see every simple command in it.

What comes out is flat: commands of loops, branches, subshells and substitutions stand beside one another, because
each of them may run. What is not understood raises `Unreadable`; what is understood but can change the meaning of
other parts (functions, arrays) is named in `odd`. This form is replaced by a full grammar later; `read_script` is the
seam.
"""

import re
from dataclasses import dataclass

from aura.safety.words import ENDS, NAME, Piece, Redirect, Simple, Unreadable, Word, WordReader, expand_braces

OPENING = {"if": "then", "elif": "then", "while": "do", "until": "do", "for": "do", "select": "do", "{": "}"}
DECLARING = ("declare", "typeset", "local", "export", "readonly")
INNER = {"then": "fi", "else": "fi", "do": "done"}
CLOSING = frozenset(["fi", "done", "}"])
ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(\[[^]]*\])?\+?=")
REDIRECT = re.compile(r"(\d*|\{\w+\})(&>>|&>|<<<|<<-|<<|<>|<&|>>|>&|>\||<|>)")


@dataclass(frozen=True, slots=True)
class Script:
    """Every simple command of a text in order, and what is odd about the text."""

    commands: tuple[Simple, ...]
    odd: tuple[str, ...] = ()


def read_script(text: str) -> Script:
    """The commands of a text; raises `Unreadable`."""
    reader = _Reader(text, [], 0)
    commands = reader.read_commands("")
    return Script(tuple(commands), tuple(reader.odd))


class _Reader(WordReader):
    def __init__(self, text: str, odd: list[str], depth: int) -> None:
        super().__init__(text, odd, depth)
        self.documents: list[tuple[Simple, str, bool, bool]] = []
        self.structure: list[tuple[str, int]] = []
        self.nested = depth > 0

    def read_commands(self, end: str) -> list[Simple]:
        """Every command up to the closing `end` (which is consumed), or to the end of the text."""
        commands: list[Simple] = []
        open_groups = 0
        piped = False
        while True:
            self.skip_blanks()
            char = self.peek()
            if end == "esac" and not open_groups and not self.structure and self._ends_branch():
                return commands
            if char == "":
                if end or open_groups or self.structure:
                    raise Unreadable("a bracket or a compound command is not closed")
                if commands and commands[-1].then in ("&&", "||", "|", "|&"):
                    raise Unreadable(f"nothing follows `{commands[-1].then}`")
                self._read_documents()
                return commands
            if char == ")":
                self.at += 1
                if end == ")" and not open_groups:
                    self._read_documents()
                    return commands
                open_groups -= 1
                commands.append(Simple(scope=")"))
                if open_groups < 0:
                    raise Unreadable("a bracket is closed that was not opened")
            elif char == "(":
                if self.text.startswith("((", self.at):
                    self.skip_arithmetic()
                else:
                    self.at += 1
                    open_groups += 1
                    commands.append(Simple(scope="(", piped=piped))
            elif char == "\n":
                self.at += 1
                if commands:
                    commands[-1].then = commands[-1].then or ";"
                self._read_documents()
            elif char in ";&|" and not self.text.startswith("&>", self.at):
                sign = self._read_operator()
                piped = sign in ("|", "|&")
                if not commands and not self.nested:
                    raise Unreadable(f"nothing stands before `{sign}`")
                if commands:
                    commands[-1].then = commands[-1].then or sign
                continue
            else:
                self._read_command(commands, piped=piped)
            piped = piped and char in "\n("

    def _read_operator(self) -> str:
        """Step over an operator and return it."""
        for sign in ("&&", "||", "|&", ";", "&", "|"):
            if self.text.startswith(sign, self.at):
                self.at += len(sign)
                if sign == ";" and self.peek() == ";":
                    raise Unreadable("it has an empty command")
                return sign
        raise Unreadable("it has an unknown operator")

    def _read_command(self, commands: list[Simple], *, piped: bool) -> None:
        simple = Simple(piped=piped)
        while True:
            self.skip_blanks()
            char = self.peek()
            if char == "" or (char in ";&|\n)" and not self.text.startswith("&>", self.at)):
                break
            if self._read_redirect(simple):
                continue
            if char == "(":
                self._read_definition(simple)
                break
            word = self.read_word()
            is_declared = bool(simple.words) and simple.words[0].literal in DECLARING and self.peek() == "("
            if (not simple.words or is_declared) and self._is_assignment(simple, word):
                continue
            if (
                not simple.words
                and not simple.assignments
                and not simple.arrays
                and word.is_bare
                and self._is_reserved(commands, word, simple)
            ):
                return
            simple.words += expand_braces(word)
        if simple.words or simple.assignments or simple.redirects or simple.arrays:
            commands.append(simple)

    def _is_reserved(self, commands: list[Simple], word: Word, simple: Simple) -> bool:
        """Deal with a reserved word at the start of a command; false when it is an ordinary name."""
        name = word.literal or ""
        if name in ("!", "time"):
            return True
        if name in OPENING or name in INNER or name in CLOSING:
            self._keep_structure(name, len(commands))
            if name in ("for", "select"):
                commands.append(self._read_loop(simple))
            return True
        if name == "case":
            self._read_case(commands)
            return True
        if name == "coproc":
            self._skip_name()
            return True
        if name == "function":
            self.odd.append("it defines a function")
            self.skip_blanks()
            self.read_word()
            return True
        if name == "[[":
            simple.words.append(word)
            self._read_test(simple)
            commands.append(simple)
            return True
        return False

    def _keep_structure(self, name: str, count: int) -> None:
        """Check that reserved words stand where they belong, with at least one command between them."""
        expected, since = self.structure[-1] if self.structure else ("", count)
        if name in INNER or name in CLOSING or name == "elif":
            fits = name == expected or (expected == "fi" and name in ("else", "elif"))
            if not fits or since == count:
                raise Unreadable(f"`{name}` stands where it does not belong")
            self.structure.pop()
        following = OPENING.get(name) or INNER.get(name)
        if following is not None:
            self.structure.append((following, count))

    def _read_loop(self, simple: Simple) -> Simple:
        self.skip_blanks()
        if self.text.startswith("((", self.at):
            self.skip_arithmetic()
            return simple
        simple.loop = self.read_word().literal or ""
        if not NAME.fullmatch(simple.loop):
            raise Unreadable("a loop has no variable")
        self.skip_blanks()
        if self.peek() in ";\n":
            self.odd.append("it loops over its own arguments")
            return simple
        if self.read_word().literal != "in":
            raise Unreadable("a loop has no `in`")
        while True:
            self.skip_blanks()
            if self.peek() in ("", ";", "\n"):
                return simple
            simple.words += expand_braces(self.read_word())

    def _skip_name(self) -> None:
        """Step over the name of a coprocess: a word before a bracket."""
        found = re.compile(r"[ \t]+[A-Za-z_]\w*(?=[ \t]+[{(])").match(self.text, self.at)
        self.at = found.end() if found else self.at

    def _read_case(self, commands: list[Simple]) -> None:
        """The branches of a `case`, each as if it were taken; patterns are words like any other."""
        simple = Simple(words=[Word((Piece("text", ":"),), ":")])
        self._skip_lines()
        simple.words.append(self.read_word())
        self._skip_lines()
        if self.read_word().literal != "in":
            raise Unreadable("a `case` has no `in`")
        commands.append(simple)
        while True:
            self._skip_lines()
            found = re.compile(r"esac(?=[\s;&|)<>]|$)").match(self.text, self.at)
            if found:
                self.at = found.end()
                return
            if self.peek() == "(":
                self.at += 1
            while self.peek() != ")":
                self.skip_blanks()
                if self.peek() == "|":
                    self.at += 1
                elif self.peek() != ")":
                    simple.words.append(self.read_word())
            self.at += 1
            outer = self.structure
            self.structure = []
            branch = self.read_commands("esac")
            self.structure = outer
            commands += branch

    def _skip_lines(self) -> None:
        self.skip_blanks()
        while self.peek() == "\n":
            self.at += 1
            self.skip_blanks()

    def _ends_branch(self) -> bool:
        """Whether a branch of a `case` ends here; its sign is stepped over, an `esac` is not."""
        found = re.compile(r";;&|;;|;&").match(self.text, self.at)
        if found:
            self.at = found.end()
            return True
        return re.compile(r"esac(?=[\s;&|)<>]|$)").match(self.text, self.at) is not None

    def _read_array(self, name: str, simple: Simple) -> None:
        """The elements of `name=(…)`."""
        self.at += 1
        words: list[Word] = []
        while True:
            self._skip_lines()
            if self.peek() == ")":
                self.at += 1
                break
            if self.peek() == "" or self.peek() in ";&|<>(":
                raise Unreadable("an array is not closed")
            word = self.read_word()
            if re.match(r"\[", word.raw):
                self.odd.append("it sets single elements of an array")
            words += expand_braces(word)
        simple.arrays.append((name, words))

    def _read_test(self, simple: Simple) -> None:
        """The words of `[[ … ]]`, in which operators are only text."""
        while True:
            self.skip_blanks()
            char = self.peek()
            if char == "":
                raise Unreadable("a `[[` is not closed")
            if char in ENDS:
                self.at += 1
                continue
            word = self.read_word()
            simple.words.append(word)
            if word.literal == "]]":
                return

    def _read_definition(self, simple: Simple) -> None:
        if len(simple.words) != 1 or not re.match(r"\(\s*\)", self.text[self.at :]):
            raise Unreadable("a bracket stands where none belongs")
        self.at = self.text.index(")", self.at) + 1
        simple.words.clear()
        self.odd.append("it defines a function")

    def _is_assignment(self, simple: Simple, word: Word) -> bool:
        first = word.pieces[0] if word.pieces else None
        if first is None or first.kind != "text" or first.quoted:
            return False
        found = ASSIGNMENT.match(first.text)
        if found is None:
            return False
        if self.peek() == "(" and found.end() == len(first.text) and len(word.pieces) == 1:
            if found.group(2):
                raise Unreadable("an element of an array cannot be one")
            if found.group().endswith("+="):
                self.odd.append("it changes a variable in place")
            self._read_array(found.group(1), simple)
            return True
        rest = Piece("text", first.text[found.end() :])
        value = Word((*((rest,) if rest.text else ()), *word.pieces[1:]), word.raw[found.end() :])
        if found.group(2) or found.group().endswith("+="):
            self.odd.append("it changes a variable in place")
        simple.assignments.append((found.group(1), value))
        return True

    def _read_redirect(self, simple: Simple) -> bool:
        found = REDIRECT.match(self.text, self.at)
        if found is None or self.text.startswith(("<(", ">("), self.at):
            return False
        self.at = found.end()
        sign = found.group(2)
        self.skip_blanks()
        if self.peek() in ENDS and not self.text.startswith(("<(", ">("), self.at):
            raise Unreadable("a redirection has no target")
        word = self.read_word()
        if sign in ("<<", "<<-"):
            is_quoted = any(piece.quoted for piece in word.pieces)
            self.documents.append((simple, word.literal or "", is_quoted, sign == "<<-"))
        else:
            simple.redirects.append(Redirect(sign, word))
        return True

    def _read_documents(self) -> None:
        """The bodies of the here-documents that were announced on the line before."""
        waiting, self.documents = self.documents, []
        for simple, end, is_quoted, strip in waiting:
            lines = []
            while True:
                if self.at >= len(self.text):
                    raise Unreadable("a here-document has no end")
                line, _, _ = self.text[self.at :].partition("\n")
                self.at += len(line) + 1
                line = line.lstrip("\t") if strip else line
                if line == end:
                    break
                lines.append(line)
            body = "\n".join(lines)
            inner = () if is_quoted else _Reader(body, self.odd, self.depth + 1).read_quoted("")
            simple.redirects.append(
                Redirect(
                    "<<",
                    Word(
                        (Piece("text", body, quoted=True),)
                        if not inner or all(p.kind == "text" for p in inner)
                        else inner,
                        body,
                    ),
                )
            )

    def read_inner(self) -> list[Simple]:
        outer = self.documents, self.structure
        self.documents, self.structure = [], []
        commands = self.read_commands(")")
        if self.structure:
            raise Unreadable("a compound command is not closed")
        self.documents, self.structure = outer
        return commands
