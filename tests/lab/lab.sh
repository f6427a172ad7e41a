# Sourced by every start-*.sh. A server listens on loopback, on a free port, with its data in a temporary folder; the
# script prints one line of JSON when it answers, and ends it when standard input closes: with the test, however that ends.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
lab=$(cd "$here/../.." && pwd)/.cache/lab
# In memory where that can be: servers that sync each object must not wait for the disk that everybody builds on.
if [ -z "${TMPDIR:-}" ] && [ -w /dev/shm ] && [ "$(df -Pk /dev/shm | awk 'NR == 2 { print $4 }')" -gt 2000000 ]; then TMPDIR=/dev/shm; fi
data=$(mktemp -d "${TMPDIR:-/tmp}/rempart-lab.XXXXXX")
server=

stop() {
    if [ -n "$server" ]; then
        kill "$server" 2>/dev/null || :
        wait "$server" 2>/dev/null || :
    fi
    rm -rf "$data"
}
trap stop EXIT
trap 'exit 143' INT TERM HUP

need() { # program, component of install.sh
    if [ ! -x "$1" ] && ! command -v "$1" >/dev/null 2>&1; then
        echo "lab: $1 is missing; run tests/lab/install.sh $2" >&2
        exit 3
    fi
}

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

serve() { # command…
    "$@" </dev/null >"$data/log" 2>&1 &
    server=$!
}

answers() { # port
    for _ in $(seq 300); do
        if ! kill -0 "$server" 2>/dev/null; then break; fi
        if python3 -c 'import socket, sys; socket.create_connection(("127.0.0.1", int(sys.argv[1])), 1)' "$1" 2>/dev/null; then return; fi
        sleep 0.1
    done
    echo "lab: the server does not answer; it said:" >&2
    cat "$data/log" >&2
    exit 4
}

# Until standard input closes.
ready() { # JSON
    printf '%s\n' "$1"
    cat >/dev/null
}
