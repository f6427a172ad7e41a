#!/usr/bin/env bash
# The other backup tools, for the interop matrix and the bench, below .cache/peers. Run again, it only prints.
#
#   tests/lab/peers.sh                 all of them
#   tests/lab/peers.sh restic rustic   only these
#
# Prints one line per peer: its name, a tab, the path of its program. Everything else goes to stderr.
#   restic-distribution   Debian's own package, an older restic that still has to read what we write
#   restic                the newest restic: the package of Debian sid, signature checked, nothing of it installed
#   rustic                from crates.io, compiled here (about five minutes)
#   borg                  from PyPI, in a virtual environment
set -euo pipefail
cd "$(dirname "$0")/../.."
. .ci/machine.sh

RUSTIC_VERSION=0.11.4
# What that version of rustic is compiled with at least.
RUSTIC_RUST=1.91
BORG_VERSION=1.4.5
peers=$PWD/.cache/peers

restic_distribution() {
    need_packages restic
    link restic-distribution /usr/bin/restic
}

# apt with its own sources and state: the machine's own lists and packages stay as they are. apt checks the signature
# of sid's Release file with Debian's archive keys, and the package's hash with that.
restic() {
    [ -x "$peers/restic" ] && return 0
    need_packages debian-archive-keyring ca-certificates
    local state=$peers/sid unpacked=$peers/restic-sid
    rm -rf "$state" "$unpacked"
    mkdir -p "$state"/{lists/partial,cache/archives/partial,download} "$unpacked"
    cat >"$state/sources.list" <<LIST
deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian sid main
LIST
    local options=(-o Dir::Etc::SourceList="$state/sources.list" -o Dir::Etc::SourceParts=/dev/null
        -o Dir::State="$state" -o Dir::State::Lists="$state/lists" -o Dir::State::Status=/dev/null
        -o Dir::Cache="$state/cache" -o APT::Sandbox::User=root
        -o APT::Get::AllowUnauthenticated=false -o Acquire::AllowInsecureRepositories=false
        -o Acquire::Languages=none -o APT::Architecture="$(dpkg --print-architecture)")
    say "Fetching the newest restic from Debian sid"
    apt-get "${options[@]}" update -qq
    (cd "$state/download" && apt-get "${options[@]}" download restic)
    dpkg -x "$state"/download/restic_*.deb "$unpacked"
    "$unpacked/usr/bin/restic" version
    link restic "$unpacked/usr/bin/restic"
    rm -rf "$state"
}

rustic() {
    need_rust "$RUSTIC_RUST"
    need_cargo_tool rustic-rs "$RUSTIC_VERSION"
    link rustic "$PWD/.cache/tools/rustic-rs/bin/rustic"
}

borg() {
    local home=$peers/borg-$BORG_VERSION
    if ! "$home/bin/borg" --version 2>/dev/null | grep -q "$BORG_VERSION"; then
        need_packages build-essential pkg-config python3-dev python3-venv \
            libacl1-dev liblz4-dev libzstd-dev libxxhash-dev libssl-dev
        say "Building borg $BORG_VERSION"
        rm -rf "$home"
        /usr/bin/python3 -m venv "$home"
        "$home/bin/pip" install --quiet "borgbackup==$BORG_VERSION"
    fi
    link borg "$home/bin/borg"
}

# One name per peer, so that nobody needs to know where each lies.
link() {
    [ -x "$2" ] || die "$1: $2 is not there"
    ln -sfn "$2" "$peers/$1"
}

mkdir -p "$peers"
[ $# -gt 0 ] || set -- restic-distribution restic rustic borg
for peer in "$@"; do
    case $peer in
        restic-distribution) restic_distribution 1>&2 ;;
        restic | rustic | borg) "$peer" 1>&2 ;;
        *) die "no peer named $peer; there are: restic-distribution restic rustic borg" ;;
    esac
    printf '%s\t%s\n' "$peer" "$peers/$peer"
done
