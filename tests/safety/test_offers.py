"""Which rules are offered with a yes, and for what none ever is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura.core.permissions import describe_rule
from aura.core.tools import Access, Effect
from aura.safety.offers import read_offer
from tests.safety.test_policy import WORKSPACE, Scene


def offer(command: str) -> str:
    return Scene(WORKSPACE).policy.gather("Bash", Effect.EXECUTE, Access(command=command)).offer


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("pytest -q tests", "`pytest *`"),
        ("cd src && timeout 60 pytest -q | tail -5", "`pytest *`"),
        ("python -m pytest -q", "`pytest *` and `python -m pytest *`"),
        ("uv run pytest -q", "`pytest *` and `uv run pytest *`"),
        ("ruff check --fix .", "`ruff check *`"),
        ("ruff check . && pytest -q", "`ruff check *` and `pytest *`"),
        ("npm test", "`npm test *`"),
        ("npm run build -- --watch", "`npm run build *`"),
        ("cargo build --release", "`cargo build *`"),
        ("git commit -m 'a b'", "`git commit *`"),
        ("make test", "`make test`"),
        ("./run_tests.sh --fast", "`./run_tests.sh --fast`"),
        ("python tools/gen.py", "`python tools/gen.py`"),
    ],
)
def test_the_narrowest_rule_of_use_is_offered(command: str, words: str) -> None:
    assert describe_rule(offer(command)) == words


@pytest.mark.parametrize(
    "command",
    [
        "ls", "git status",  # they are asked about by nobody
        "python -c 'print(1)'", "python", "node build.js", "bash run.sh", "sh -c pytest", "bash -c 'ls; rm x'",
        "eval pytest", "xargs pytest", "find . -exec pytest {} +", "env A=1 pytest", "FOO=1 pytest",
        'pytest "$X"', "pytest $(cat x)", "pytest > out.txt", "pytest | tee log", "PATH=. pytest",
        "rm x", "rm -rf build", "cp a b", "mv a b", "mkdir x", "touch x", "sed -i s/a/b/ x", "chmod +x a",
        "sudo pytest", "git push", "git push --force", "git reset --hard", "git -C x commit", "git checkout -- x",
        "curl http://x.example", "wget x", "ssh x", "npm install", "npx tsc", "pip install x", "docker run x",
        "npm run", "npm run deploy", "make deploy", "go run x.go", "cargo run --bin x", "gh pr list",
        "kubectl get pods", "foo bar",
        "pytest && rm -rf x", "pytest; curl http://x.example", "pytest ../other", "pytest -o /etc/x", "cat .env",
        "../x.sh", "./a/../../x.sh", "/tmp/x.sh", "python ../x.py", "python -m http.server", "make test*",
        "pytest \u202e", "true; true; pytest; ruff check; mypy; black .", "./x.sh " + "a" * 300, "pytest 'a\nb' > x",
    ],
)  # fmt: skip
def test_nothing_is_offered_for(command: str) -> None:
    assert offer(command) == ""


@given(st.text(max_size=60))
def test_any_text_gets_rules_that_can_be_read_or_none(text: str) -> None:
    assert all(str(rule) for rule in read_offer(offer(f"pytest {text}")))


def test_rules_in_words() -> None:
    assert describe_rule("Bash(git add:*)\nBash(make test)") == "`git add *` and `make test`"
    assert describe_rule("mcp__files__read") == "`mcp__files__read`"
    assert describe_rule("") == ""
