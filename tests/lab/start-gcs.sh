#!/bin/sh
# Google Cloud Storage as fake-gcs-server speaks it, in memory, no credentials; gcs-front.py adds a request it lacks.
. "$(dirname "$0")/lab.sh"
need "$lab/go/bin/fake-gcs-server" gcs
behind=$(free_port)
port=$(free_port)
# The shell in between ends both.
serve sh -c '"$1" -scheme http -host 127.0.0.1 -port "$2" -public-host "127.0.0.1:$2" -backend memory & emulator=$!
    trap "kill $emulator \$front 2>/dev/null" TERM
    python3 "$4" "$3" "$2" & front=$!
    wait' sh "$lab/go/bin/fake-gcs-server" "$behind" "$port" "$here/gcs-front.py"
answers "$behind"
answers "$port"
curl -sSf -X POST -H 'Content-Type: application/json' -d '{"name":"backups"}' "http://127.0.0.1:$behind/storage/v1/b" >/dev/null
ready "{\"endpoint\":\"http://127.0.0.1:$port\",\"bucket\":\"backups\"}"
