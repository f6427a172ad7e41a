#!/bin/sh
# A whole machine: Debian with systemd and sshd in namespaces of its own, on a bridge that leads nowhere but here. By root.
#
#   start-host.sh             as it comes
#   start-host.sh no-systemd  sshd is all that runs
#   start-host.sh full-disk   /opt has 4 MB
#
# On standard input, a line each:
#   off   a power cut: all of it ends at once, and what lay on its disk stays
#   on    power is back: another line of JSON when it answers
. "$(dirname "$0")/lab.sh"
need systemd-nspawn host
need "$lab/host/tree/usr/bin/sudo" host
root=$data/root
bridge=

# The machine's processes end with its first, and nspawn clears up behind them.
cut_power() {
    [ -n "$server" ] || return 0
    first=$(pgrep --parent "$server" || :)
    kill -9 ${first:-"$server"} 2>/dev/null || :
    wait "$server" 2>/dev/null || :
    server=
}

stop_host() {
    cut_power
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        if ! mountpoint -q "$root" || umount "$root" 2>/dev/null; then break; fi
        sleep 0.2
    done
    [ -z "$bridge" ] || ip link del "$bridge" 2>/dev/null || :
    rm -rf --one-file-system "$data"
}
trap stop_host EXIT

# Making the bridge claims its number.
for number in $(seq 1 250); do
    if ip link add "rpl$number" type bridge 2>/dev/null; then
        bridge=rpl$number
        break
    fi
done
[ -n "$bridge" ] || { echo "lab: no bridge can be made" >&2; exit 4; }
here=10.231.$number.1 there=10.231.$number.2
ip address add "$here/24" dev "$bridge"
ip link set "$bridge" up

mkdir "$data/upper" "$data/work" "$root"
mount -t overlay lab -o "lowerdir=$lab/host/tree,upperdir=$data/upper,workdir=$data/work" "$root"
ssh-keygen -q -A -f "$root" >/dev/null
printf 'web-%s\n' "$number" >"$root/etc/hostname"
printf '[Match]\nName=host0\n[Network]\nAddress=%s/24\nLinkLocalAddressing=no\n' "$there" >"$root/etc/systemd/network/10-lab.network"
wish=${1:-}
# This end of its cable, as nspawn names it.
link=vb-lab$number
machine() { # more of nspawn's options, the program to run…
    serve systemd-nspawn --quiet --directory="$root" --register=no --keep-unit --machine="lab$number" \
        --network-bridge="$bridge" --resolv-conf=off --timezone=off "$@"
}

give_power() {
    # The cable of before goes some moments after the machine.
    for _ in $(seq 100); do
        if ! ip link show "$link" >/dev/null 2>&1; then break; fi
        sleep 0.1
    done
    case $wish in
        '') machine --boot ;;
        full-disk) machine --boot --tmpfs=/opt:size=4m ;;
        no-systemd)
            mkdir -p "$root/run/sshd"
            machine --as-pid2 /bin/sh -c "ip address add $there/24 dev host0; ip link set host0 up; mkdir -p /run/sshd; exec /usr/sbin/sshd -D -e"
            ;;
        *) echo "lab: no such machine: $wish" >&2; exit 2 ;;
    esac
    for _ in $(seq 300); do
        if ! kill -0 "$server" 2>/dev/null; then break; fi
        if python3 -c 'import socket, sys; socket.create_connection((sys.argv[1], 22), 1)' "$there" 2>/dev/null; then
            printf '%s\n' "{\"address\":\"$there\",\"port\":22,\"server_address\":\"$here\",\"root\":\"$root\",\"pid\":$server,\"link\":\"$link\"}"
            return
        fi
        sleep 0.1
    done
    echo "lab: the machine does not answer; it said:" >&2
    cat "$data/log" >&2
    exit 4
}

give_power
while read -r wanted; do
    case $wanted in
        off) cut_power; echo '{"power":"off"}' ;;
        on) give_power ;;
        *) echo "lab: no such order: $wanted" >&2; exit 2 ;;
    esac
done
