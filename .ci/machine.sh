#!/usr/bin/env bash
# What a Debian machine needs before this project builds: sourced by ./start, ./test and tests/lab/*.
# Says what it installs, installs only what is missing, asks nothing (works without a terminal).

# A headline; bold on a terminal.
say() { if [ -t 1 ]; then printf '\n\033[1m%s\033[0m\n' "$*"; else printf '\n%s\n' "$*"; fi; }

die() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# Runs a command as root: directly, or by sudo.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        die "this needs root and sudo is not installed; run as root: $*"
    fi
}

# Installs those of the named Debian packages that are missing.
need_packages() {
    local package missing=()
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    command -v apt-get >/dev/null || die "apt-get is missing; install by your system's means: ${missing[*]}"
    say "Installing Debian packages: ${missing[*]}"
    as_root apt-get update -qq </dev/null
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "${missing[@]}" </dev/null >/dev/null
}

# True when version $1 is at least version $2 (major.minor).
version_reaches() {
    [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]
}

# Finds cargo, or installs the Rust toolchain by rustup when there is none, or one older than Cargo.toml asks for.
#   need_rust [VERSION]    at least this version instead
need_rust() {
    local wanted found
    wanted=${1:-$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)}
    [ -n "$wanted" ] || die "Cargo.toml names no rust-version"
    export PATH="$PATH:${CARGO_HOME:-$HOME/.cargo}/bin"
    found=$(cargo --version 2>/dev/null | cut -d ' ' -f 2 || true)
    if [ -z "$found" ] || ! version_reaches "$found" "$wanted"; then
        say "Rust ${found:-is not installed}; this project needs $wanted: installing it by rustup (https://rustup.rs) into $HOME"
        need_packages curl ca-certificates
        curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs |
            sh -s -- -y --no-modify-path --profile minimal -c rustfmt -c clippy
        export PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
    fi
}

# rustfmt and clippy, which a minimal toolchain lacks.
need_rust_tools() {
    cargo fmt --version >/dev/null 2>&1 && cargo clippy --version >/dev/null 2>&1 && return 0
    command -v rustup >/dev/null || die "cargo has no rustfmt or clippy; install them beside it (rustup component add rustfmt clippy)"
    say "Adding rustfmt and clippy to the Rust toolchain"
    rustup component add rustfmt clippy
}

# What building takes: a C compiler for zstd, and Rust.
need_build_tools() {
    need_packages build-essential pkg-config ca-certificates
    need_rust
}

# Installs a Rust program of exactly this version below .cache/tools, unless it is there.
#   need_cargo_tool PACKAGE VERSION [cargo install options]
need_cargo_tool() {
    local package=$1 version=$2 root=.cache/tools/$1
    shift 2
    if ! grep -qs "\"$package $version " "$root/.crates.toml"; then
        say "Building $package $version (kept in $root)"
        CARGO_TARGET_DIR=$root/target cargo install --locked --root "$root" --version "=$version" "$@" "$package"
        rm -rf "$root/target"
    fi
}

# Node, for the web UI: Debian's, or where that is too old the same program from its npm package, kept below .cache/tools.
NODE_LEAST=20.19
NODE_VERSION=22.23.3
need_node() {
    local machine tools=$PWD/.cache/tools/node
    command -v node >/dev/null && command -v npm >/dev/null || need_packages nodejs npm
    version_reaches "$(node --version | tr -d v)" "$NODE_LEAST" && return 0
    case $(uname -m) in
    x86_64) machine=x64 ;;
    aarch64) machine=arm64 ;;
    *) die "node is $(node --version) and the web UI needs $NODE_LEAST: install a newer one for $(uname -m)" ;;
    esac
    if ! [ "$("$tools/node_modules/node-linux-$machine/bin/node" --version 2>/dev/null)" = "v$NODE_VERSION" ]; then
        say "Node $(node --version) is too old for the web UI: installing $NODE_VERSION into $tools"
        mkdir -p "$tools"
        npm install --prefix "$tools" --ignore-scripts --no-save --no-audit --no-fund --loglevel=error \
            "node-linux-$machine@$NODE_VERSION"
    fi
    export PATH="$tools/node_modules/node-linux-$machine/bin:$PATH"
}

# npm 11 (an older one does not install Vite 8): the machine's, or fetched by it.
npm_11() {
    if version_reaches "$(npm --version)" 11.0; then
        npm "$@"
    else
        npx --yes npm@11 "$@"
    fi
}

# The packages that web/package-lock.json names, unless they are there already.
need_web_packages() {
    local stamp=web/node_modules/.rempart-lock
    cmp -s web/package-lock.json "$stamp" && return 0
    (cd web && npm_11 ci --loglevel=error)
    cp web/package-lock.json "$stamp"
}

# Builds the page into web/dist, from where the binary takes it, unless nothing of it has changed since.
build_web() {
    local stamp=web/node_modules/.rempart-built
    need_node
    need_web_packages
    if [ -e "$stamp" ] && [ -e web/dist/index.html ] &&
        [ -z "$(find web -path web/node_modules -prune -o -path web/dist -prune -o -newer "$stamp" -print -quit)" ]; then
        return 0
    fi
    (cd web && npm_11 run --silent build)
    touch "$stamp"
}

# Where cargo puts what it builds.
cargo_target_folder() {
    cargo metadata --format-version 1 --no-deps --offline | sed 's/.*"target_directory":"\([^"]*\)".*/\1/'
}

# The first N lines, and how many more there are. Reads to the end, so that the writer is not cut off.
first_lines() {
    awk -v most="$1" 'NR <= most { print } END { if (NR > most && most > 1) printf "… and %d more\n", NR - most }'
}
