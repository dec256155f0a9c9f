"""Which program has which profile. What is not here needs a person, even in auto mode."""

from aura.safety import (
    archives,
    assistants,
    deleting,
    files,
    found,
    given,
    interpreters,
    outward,
    pictures,
    processes,
    programs,
    projects,
    runners,
    variables,
)
from aura.safety.files import Reader
from aura.safety.git import judge_git
from aura.safety.inquiry import Profile
from aura.safety.programs import build, guarded, run_inside, subcommands
from aura.safety.runners import ask, ask_and_run, refuse, run_rest


def _each(names: str, profile: Profile) -> dict[str, Profile]:
    return dict.fromkeys(names.split(), profile)


GREP = found.Hunter(
    "-e --regexp -m -A -B -C --include --exclude --exclude-dir --max-count --context",
    inputs="-f --file",
    skip=1,
)
SEARCH = found.Hunter(
    "-e --regexp -g -t -T -m -A -B -C -d --glob --iglob --type --type-not --max-depth --max-count --context --sort",
    running="--pre --hostname-bin -x --exec -X --exec-batch",
    inputs="-f --file",
    skip=1,
)

READERS: dict[str, Profile] = {
    **_each(
        "cat head tail wc nl tac rev cut paste comm join fold fmt column expand unexpand iconv",
        Reader("-n -c -d -f -w -s -t -b"),
    ),
    **_each(
        "ls dir vdir df file realpath readlink strings tree",
        Reader("-I -L -P -n -m --format", writing="-o --output"),
    ),
    "sdiff": Reader("-w --width", writing="-o --output", running="--diff-program"),
    **_each("pr tsort look cloc scc tokei eza exa lsd hexyl gron", Reader()),
    **_each("hexdump od", Reader("-A -j -N -t -w -n -s -e")),
    "stat": Reader("-c --format --printf"),
    "du": Reader("-d -t -X --max-depth --exclude --threshold"),
    **_each(
        "jobs",
        files.look_up,
    ),
    **_each(
        "md5sum sha1sum sha224sum sha256sum sha384sum sha512sum shasum b2sum cksum sum cmp diff colordiff bat batcat",
        Reader("-a -U -C -l --language"),
    ),
    **_each("grep egrep fgrep zgrep", GREP),
    **_each("rg ag ack", SEARCH),
    **_each("fd fdfind", found.find_names),
    **_each(
        "true false yes : expr pwd seq sleep basename dirname whoami id uname nproc arch tty which whereis type "
        "uptime cal free pgrep pidof deactivate jobs wait exit return break continue ulimit "
        "umask getconf locale hostname lsb_release sw_vers logname groups users vmstat help clear reset "
        "tput stty zipinfo",
        files.look_up,
    ),
    **_each("test [ [[", files.compare),
    "tr": files.translate,
    "man": Reader(running="-P --pager -C --config-file -l --local-file"),
    "date": Reader("-d --date -s --set", inputs="-f --file -r --reference", no_paths=True),
    "ps": files.list_processes,
    **_each("less more", files.page),
    **_each("echo", files.print_text),
    "find": found.find,
    "sort": files.sort,
    "uniq": files.deduplicate,
    "jq": files.query_json,
    "yq": files.query_json,
    "printf": files.format_text,
    **_each("base64 base32 basenc base58 xxd uudecode", archives.decode),
    **_each("sed gsed", files.edit_stream),
    **_each("awk gawk mawk nawk", runners.process_text),
    **_each("cd pushd", files.change_folder),
    "popd": files.change_folder,
    "printenv": variables.print_environment,
    **_each("set shopt", variables.set_shell),
    **_each("export declare typeset local readonly", variables.export),
    **_each("read unset", variables.read_line),
    "shift": variables.shift,
    **_each("mapfile readarray", variables.read_lines),
    "bc": Reader(),
    "xmllint": Reader(
        "--xpath --encode --pattern --maxmem --schema --relaxng --dtdvalid", writing="-o --output"
    ),
    "ss": Reader(running="-K --kill -D --diag -F --filter", no_paths=True),
    **_each("lsof netstat", files.look_up),
}

WRITERS: dict[str, Profile] = {
    **_each("mkdir touch tee truncate mktemp mkfifo", files.write_all),
    "split": files.split,
    **_each("chmod chown chgrp setfacl chattr", files.change_mode),
    **_each("rm rmdir unlink shred", deleting.delete),
    **_each("rimraf del del-cli", deleting.delete_trees),
    "shx": run_rest(),
    **_each("gzip gunzip bzip2 bunzip2 xz unxz zstd unzstd zcat bzcat xzcat", archives.compress),
    **_each("tar bsdtar zip unzip 7z jar", archives.archive),
    **_each("cp install", files.copy),
    "mv": files.move,
    "ln": files.link,
    "dd": files.overwrite,
    "patch": files.apply_patch,
    "sqlite3": programs.query_database,
}

OPEN_ENDED = guarded(
    r"\brm\s+-\w*r|system|shell|/etc/|~",
    "it runs a command from inside another program",
    "it can run anything",
)
RUNNERS: dict[str, Profile] = {
    **_each("env cross-env", runners.run_environment),
    "timeout": run_rest("-s --signal -k --kill-after", 1),
    "nice": run_rest("-n --adjustment"),
    "ionice": run_rest("-c -n"),
    "stdbuf": run_rest("-i -o -e --input --output --error"),
    **_each("nohup time setsid builtin busybox unbuffer caffeinate", run_rest()),
    "xvfb-run": run_rest(
        "-s -n -e -f -w -p --server-args --server-num --error-file --auth-file --wait --xauth-protocol"
    ),
    "taskset": run_rest("", 1),
    "faketime": run_rest("-f", 1),
    **_each("dbus-run-session chronic prlimit ccache sccache distcc icecc", run_rest()),
    "command": runners.run_command,
    "exec": run_rest("-a"),
    **_each("sudo doas", runners.run_as_other),
    "su": refuse("it runs as another user"),
    **_each("xargs parallel", given.run_each),
    **_each("sh bash zsh dash ksh ash", runners.run_shell),
    **_each("source .", runners.source),
    "eval": runners.evaluate,
    "trap": variables.set_trap,
    "watch": runners.run_string(),
    "hyperfine": runners.measure,
    "script": runners.run_string("-c", "--command"),
    "flock": runners.run_string("-c", "--command"),
    **_each(
        "unshare runuser proxychains strace ltrace",
        assistants.attach(ask_and_run("it leaves this shell")),
    ),
    **_each(
        "gcore pstack py-spy gdbserver bpftrace", assistants.attach(ask("it reaches into another program"))
    ),
    "nsenter": refuse("it enters the rooms of other programs"),
    "chroot": refuse("it enters another system"),
    "valgrind": runners.run_measured,
    "capsh": runners.run_shell_behind,
    "systemd-nspawn": refuse("it enters another system"),
    "./": programs.run_own_script,
    "systemd-run": runners.run_elsewhere,
    "gem": guarded(
        r"push\b.*(--host|--key)\b|\bpush\b.*http|\bsignin\b|\bsources\b.*(-a|--add)\b",
        "it sends the project to a place of its own choice",
        "gem works with packages",
        looks=r"(build( [\w./-]+| --(strict|force))*|list|environment|(which|contents|specification) [\w-]+)$",
    ),
    "twine": guarded(
        r"--repository-url|--repository\b",
        "it sends the project to a place of its own choice",
        "it publishes the project",
    ),
    **_each(
        "dropdb mongodump",
        guarded(r"(?=)", "it drops a database", "it works on a database"),
    ),
    **_each(
        "mysqladmin pg_ctl pg_dropcluster mongorestore",
        guarded(r"\bdrop\b|\bshutdown\b|immediate|--drop", "it drops a database", "it works on a database"),
    ),
    "alias": runners.name_command,
    "hash": runners.remember_path,
    "deno": interpreters.run_deno,
    **_each("python python2 python3 pypy pypy3 node bun ruby perl php lua", interpreters.interpret),
    **_each(
        "jshell groovy julia R Rscript guile sbcl racket octave gnuplot scala pwsh "
        "tclsh wish expect vim vi nvim ex ed emacs nano osascript",
        OPEN_ENDED,
    ),
    **_each("gdb lldb", assistants.attach(projects.debug(OPEN_ENDED))),
}

TOOLS: dict[str, Profile] = {
    "git": judge_git,
    "aura": assistants.run_aura,
    **_each(
        "claude codex gemini opencode aider goose crush kimi vibe cursor-agent amp qwen droid",
        assistants.run_assistant,
    ),
    **_each(
        "pytest py.test tox nox mypy pyright ruff black isort flake8 pylint bandit coverage vulture "
        "pydocstyle codespell sphinx-build mkdocs lint-imports ctest ninja meson tsc eslint prettier "
        "flutter rails "
        "jest vitest mocha ava webpack vite rollup esbuild swc biome stylelint rspec rubocop phpunit phpstan "
        "psalm gcc g++ cc c++ clang clang++ ld ar as nm objdump readelf size strip clang-format clang-tidy "
        "cppcheck ldd lsof javac java javap kotlinc scalac rustc rustfmt gofmt golangci-lint staticcheck gotestsum ghc "
        "hlint ocaml dune erlc nim zig crystal swiftc shellcheck shfmt yamllint hadolint "
        "actionlint markdownlint protoc autopep8 yapf pyflakes hypothesis unittest doctest timeit py_compile "
        "venv virtualenv ruff-format compileall build cython msgfmt dot pandoc http.server bats prove",
        build,
    ),
    "cmake": programs.make_build_system,
    **_each("ghci elixir iex runghc", interpreters.interpret_some),
    **_each("convert magick mogrify", pictures.change_pictures),
    "identify": pictures.change_pictures,
    **_each("make gmake just task rake", programs.build_targets),
    "cargo": subcommands(
        "build b check c test t run r bench doc clippy fmt clean nextest expand miri llvm-cov tarpaulin hack "
        "machete deny insta mutants rustc rustdoc init new",
        "metadata tree version locate-project pkgid help",
    ),
    "go": subcommands("build test vet fmt run generate tool", "list env version doc help"),
    **_each(
        "npm pnpm yarn",
        projects.run_scripts(
            subcommands(
                "test t tst start lint build",
                "ls list why help explain",
                "run run-script",
                skip=projects.OF_PACKAGES,
            )
        ),
    ),
    **_each("pip pip3", subcommands("check", "list show freeze help debug")),
    **_each("gradle gradlew", projects.run_tasks),
    **_each("uvicorn gunicorn hypercorn daphne flask waitress-serve", projects.serve),
    **_each("mvn mvnw", projects.run_tasks),
    "dotnet": subcommands("build test run clean format", "--info"),
    "swift": subcommands("build test run"),
    **_each(
        "stack cabal mix rebar3 sbt lein",
        subcommands("build test compile check run format credo dialyzer", "deps"),
    ),
    "bazel": subcommands("build test", "query cquery info"),
    "composer": subcommands("test validate", "show"),
    "terraform": guarded(
        r"\bdestroy\b|-destroy\b",
        "it destroys infrastructure",
        "it uses the credentials of a cloud",
        looks=r"(fmt( -check| -diff| -recursive)*|validate( -json)?)$",
    ),
    "uv": run_inside("run", "venv init", "tree version help"),
    **_each("poetry pipenv hatch pdm rye", run_inside("run", "check build", "show version about")),
    "bundle": run_inside("exec"),
    **_each("npx bunx", programs.run_package),
    "conda": subcommands("", "list info"),
}

OUTWARD: dict[str, Profile] = {
    **_each("curl wget", outward.fetch),
    **_each(
        "cloudflared ngrok lt localtunnel bore frpc tailscale chisel sshuttle",
        refuse("it opens this machine to others"),
    ),
    "ssh-copy-id": refuse("it lets a key log in"),
    "openssl": guarded(
        r"(?!)",
        "",
        "what this openssl does is not known",
        decodes=True,
        looks=r"(version( -\w)*|rand -(hex|base64) \d+|(dgst|sha256|md5)( -\w+)* [\w./-]+)$",
    ),
    **_each("ssh nc ncat netcat socat telnet sftp ftp", outward.connect),
    **_each("rsync scp", outward.synchronise),
    **_each("ping dig nslookup host getent whois traceroute", outward.ask_names),
    "gh": guarded(
        r"^auth token|gist create .*\.env|^secret|^repo delete",
        "it hands out secrets, or deletes a repository",
        "gh works on a code host",
    ),
    **_each(
        "docker podman",
        outward.run_container(
            r"(-v|--volume)[=\s]*/(etc|root|home|var|proc|sys|dev|usr)?/?:|(source|src)=/(etc|root|home|var|proc|sys)?/?(,|\s|$)|"
            r"--privileged|"
            r"docker\.sock|--cap-add|--(pid|ipc|uts|userns|network|net)[= ]host|system (prune|reset)|volume (rm|prune)|"
            r"\b(rm|rmi|kill)\b.*\$\((docker|podman) |\bpush (\d+\.\d+\.\d+\.\d+|(?!localhost)[\w.-]+:\d+)[:/]|"
            r"image prune -a",
            "it takes or removes what the whole machine has",
            "containers run with the rights of the whole machine",
        ),
    ),
    "kubectl": guarded(
        r"\bdelete\s+(ns|namespaces?)\b|\bsecrets?\b|config view.*--raw|\bdelete\b.*(--all\b|-A\b|\ball\b)|\bdrain\b",
        "it touches secrets or a whole cluster",
        "it works on a cluster",
        looks="version --client",
    ),
    "redis-cli": outward.ask_cache(
        guarded(r"\bflush(all|db)\b", "it empties a database", "it works on a database")
    ),
    **_each(
        "psql mysql mariadb mongo mongosh",
        outward.query_server(
            guarded(
                r"\bdrop\s+(database|schema)\b|dropDatabase|\\\\!|\bsystem\b",
                "it drops a database",
                "it works on a database",
            )
        ),
    ),
    "aws": guarded(
        r"configure (get|export)|get-secret-value|get-parameter.*decryption|\.ssh|\.aws|"
        r"s3 rb .*--force|s3 rm .*--recursive|"
        r"\b(terminate|delete)-\w+|get-(session|login|authorization)",
        "it handles credentials",
        "it uses the credentials of a cloud",
    ),
    **_each(
        "tofu terragrunt gcloud az doctl heroku flyctl fly vercel netlify pulumi ansible ansible-playbook cdk cdktf "
        "sls serverless sam amplify eksctl kops copilot firebase wrangler railway render supabase hcloud oci",
        guarded(
            r"print-\w*-?token|get-access-token|secrets? (list|versions|access)|"
            r"\b(destroy|delete|uninstall|remove|rm)\b",
            "it prints credentials, or destroys what runs there",
            "it uses the credentials of a cloud",
        ),
    ),
    "helm": guarded(
        r"\b(uninstall|delete|rollback)\b",
        "it destroys what runs there",
        "it uses the credentials of a cluster",
        looks=r"(lint|version)\b[^;]*$",
    ),
    **_each(
        "security secret-tool pass gopass op bw rbw lpass keepassxc-cli kpcli kwallet-query vault keyring",
        refuse("it reads a store of passwords"),
    ),
    **_each(
        "gpg gpg2", guarded(r"export-secret", "it exports secret keys", "it uses your keys", decodes=True)
    ),
}

SYSTEM: dict[str, Profile] = {
    **_each(
        "mkfs mkfs.ext4 mkfs.ext3 mkfs.xfs mkfs.btrfs mkfs.vfat mkswap fdisk sfdisk gdisk sgdisk parted "
        "wipefs blkdiscard cryptsetup lvremove vgremove zpool diskutil",
        refuse("it changes disks"),
    ),
    **_each("shutdown reboot halt poweroff init telinit", refuse("it stops the machine")),
    **_each(
        "mount umount iptables iptables-restore ip6tables nft ufw firewall-cmd ipset sysctl insmod rmmod modprobe "
        "setcap visudo passwd chpasswd "
        "useradd usermod userdel groupadd pkexec dpkg-reconfigure ip ifconfig route tc killall5 swapoff swapon chsh "
        "hostnamectl timedatectl update-grub grub-install efibootmgr losetup dmsetup mdadm pivot_root kexec "
        "sudoedit vipw groupmod groupdel gpasswd newgrp setenforce aa-disable aa-teardown aa-complain "
        "apparmor_parser auditctl semanage setsebool",
        refuse("it changes the system"),
    ),
    **_each("at batch", refuse("it leaves work for later, outside of aura")),
    "loginctl": guarded(
        r"\b(enable-linger|terminate|kill|lock)",
        "it lets programs run on when nobody is there, or ends what others do",
        "it controls sessions",
    ),
    **_each(
        "nmcli rfkill",
        guarded(r"\b(off|down|delete|block)\b", "it cuts the network", "it changes the network"),
    ),
    "crontab": programs.schedule,
    "launchctl": programs.schedule,
    "systemctl": guarded(
        r"--user (.*)?(enable|daemon-reload|link|edit)|\benable\b|\b(stop|kill|restart|disable)\b.*\baura|"
        r"\b(stop|kill|disable|restart)\b.*\b(user@|sshd?\b|networking|NetworkManager|systemd-|dbus|gdm|lightdm|display-manager)|"
        r"\b(stop|kill|disable)\b.*\b(apparmor|auditd|firewalld|ufw|iptables|nftables|fail2ban|clamav\w*)\b|"
        r"\b(poweroff|reboot|halt|kexec|suspend|hibernate|rescue|emergency|isolate|mask|set-default|set-environment|import-environment)\b",
        "it starts something by itself later, or stops the machine",
        "it controls services",
    ),
    "service": ask("it controls services"),
    **_each(
        "apt apt-get dnf yum pacman zypper apk brew snap port dpkg rpm flatpak",
        ask("it installs software for the whole machine"),
    ),
    "kill": processes.signal,
    **_each("pkill killall", processes.signal_by_name),
}

PROFILES: dict[str, Profile] = {**READERS, **WRITERS, **TOOLS, **RUNNERS, **OUTWARD, **SYSTEM}
