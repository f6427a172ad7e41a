# Begins every script: where things are over there, and how all of them go.
set -eu
LC_ALL=C
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
export LC_ALL PATH
umask 022
base=/opt/rempart-agent
program=$base/bin/rempart-agent
data=/var/lib/rempart-agent
service=rempart-agent.service
unit=/etc/systemd/system/$service
# Here from the first change to the last: what has it was cut short.
mark=$base/unfinished

fail() { # status, sentence
    echo "$2" >&2
    exit "$1"
}

is_there() {
    [ -e "$unit" ] || [ -e "$base" ] || [ -e "$data" ]
}

remove_all() {
    systemctl disable --now "$service" >/dev/null 2>&1 || true
    rm -f "$unit" "/etc/systemd/system/multi-user.target.wants/$service"
    systemctl daemon-reload >/dev/null 2>&1 || true
    systemctl reset-failed "$service" >/dev/null 2>&1 || true
    rm -rf "$base" "$data"
}
