"""What a command's environment holds: an allow list, no secrets, nothing that waits for a person."""

import re
from collections.abc import Iterable, Mapping

NAMES = """
PATH HOME USER LOGNAME SHELL LANG LANGUAGE TZ TMPDIR TMP TEMP CI HOSTNAME
XDG_CONFIG_HOME XDG_DATA_HOME XDG_CACHE_HOME XDG_STATE_HOME
VIRTUAL_ENV CONDA_PREFIX CONDA_DEFAULT_ENV PYENV_ROOT PYENV_VERSION PYTHONPATH PYTHONDONTWRITEBYTECODE
UV_CACHE_DIR UV_PYTHON UV_OFFLINE PIP_CACHE_DIR POETRY_HOME PIPX_HOME HATCH_ENV
NVM_DIR NVM_BIN FNM_DIR VOLTA_HOME NODE_PATH NODE_ENV NPM_CONFIG_CACHE PNPM_HOME BUN_INSTALL DENO_DIR
COREPACK_HOME GOPATH GOROOT GOBIN GOCACHE GOMODCACHE GOFLAGS GOTOOLCHAIN GOPROXY GOSUMDB GOPRIVATE GOOS GOARCH
CGO_ENABLED CARGO_HOME CARGO_TARGET_DIR RUSTUP_HOME RUSTUP_TOOLCHAIN RUSTFLAGS RUSTC_WRAPPER
JAVA_HOME JDK_HOME MAVEN_HOME M2_HOME GRADLE_HOME GRADLE_USER_HOME KOTLIN_HOME SDKMAN_DIR
ANDROID_HOME ANDROID_SDK_ROOT DOTNET_ROOT DOTNET_CLI_HOME NUGET_PACKAGES
GEM_HOME GEM_PATH RBENV_ROOT RBENV_VERSION BUNDLE_PATH RUBYLIB PERL5LIB COMPOSER_HOME
GHCUP_INSTALL_BASE_PREFIX STACK_ROOT OPAMROOT OPAM_SWITCH_PREFIX JULIA_DEPOT_PATH MIX_HOME HEX_HOME
ASDF_DIR ASDF_DATA_DIR MISE_DATA_DIR HOMEBREW_PREFIX HOMEBREW_CELLAR HOMEBREW_REPOSITORY NIX_PATH NIX_PROFILES
CC CXX CPP AR LD CFLAGS CXXFLAGS CPPFLAGS LDFLAGS CMAKE_PREFIX_PATH CMAKE_GENERATOR
PKG_CONFIG_PATH LD_LIBRARY_PATH DYLD_LIBRARY_PATH LIBRARY_PATH CPATH CUDA_HOME CUDA_VISIBLE_DEVICES
SSL_CERT_FILE SSL_CERT_DIR REQUESTS_CA_BUNDLE CURL_CA_BUNDLE NODE_EXTRA_CA_CERTS
HTTP_PROXY HTTPS_PROXY NO_PROXY ALL_PROXY http_proxy https_proxy no_proxy all_proxy
SOURCE_DATE_EPOCH
"""
KEPT = frozenset(NAMES.split())

FIXED = {
    "TERM": "dumb",
    "PAGER": "cat",
    "GIT_PAGER": "cat",
    "MANPAGER": "cat",
    "SYSTEMD_PAGER": "cat",
    "EDITOR": "true",
    "VISUAL": "true",
    "GIT_EDITOR": "true",
    "GIT_SEQUENCE_EDITOR": "true",
    "GIT_TERMINAL_PROMPT": "0",
    "GCM_INTERACTIVE": "never",
    "SSH_ASKPASS_REQUIRE": "never",
    "DEBIAN_FRONTEND": "noninteractive",
    "PIP_NO_INPUT": "1",
    "PYTHONUNBUFFERED": "1",
}

SECRET_NAME = re.compile(r"KEY|TOKEN|SECRET|PASS|CRED|AUTH", re.IGNORECASE)
PROVIDER_KEY = re.compile(r"API_?KEY$|^AURA_", re.IGNORECASE)
URL_WITH_PASSWORD = re.compile(r"://[^/\s@]*:[^/\s@]*@")

MARK = "AURA_MARK"


def build_environment(outer: Mapping[str, str], extra: Iterable[str] = (), mark: str = "") -> dict[str, str]:
    """The environment of one command.

    `extra` are names that the user adds to the allow list; a name that looks like a secret counts only when it is
    given in full here, the key of a model provider never. `mark` is added to the marks that are already there: it is
    how a process that left its group is found again.
    """
    added = set(extra)
    kept = {}
    for name, value in outer.items():
        if PROVIDER_KEY.search(name):
            continue
        is_listed = (name in KEPT or name.startswith("LC_")) and not SECRET_NAME.search(name)
        if name in added or (is_listed and not URL_WITH_PASSWORD.search(value)):
            kept[name] = value
    kept.setdefault("PATH", "/usr/local/bin:/usr/bin:/bin")
    kept |= FIXED
    marks = [part for part in (outer.get(MARK, ""), mark) if part]
    if marks:
        kept[MARK] = ",".join(marks)
    return kept
