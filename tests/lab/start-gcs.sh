#!/bin/sh
# Google Cloud Storage as fake-gcs-server speaks it, in memory, no credentials.
. "$(dirname "$0")/lab.sh"
need "$lab/go/bin/fake-gcs-server" gcs
port=$(free_port)
serve "$lab/go/bin/fake-gcs-server" -scheme http -host 127.0.0.1 -port "$port" -public-host "127.0.0.1:$port" -backend memory
answers "$port"
curl -sSf -X POST -H 'Content-Type: application/json' -d '{"name":"backups"}' "http://127.0.0.1:$port/storage/v1/b" >/dev/null
ready "{\"endpoint\":\"http://127.0.0.1:$port\",\"bucket\":\"backups\"}"
