#!/bin/sh
# S3 as moto speaks it: no check of credentials, everything in memory.
. "$(dirname "$0")/lab.sh"
need "$lab/moto/bin/moto_server" moto
port=$(free_port)
serve "$lab/moto/bin/moto_server" -H 127.0.0.1 -p "$port"
answers "$port"
curl -sSf -X PUT "http://127.0.0.1:$port/backups" >/dev/null
ready "{\"endpoint\":\"http://127.0.0.1:$port\",\"bucket\":\"backups\",\"access_key_id\":\"test\",\"secret_access_key\":\"test\"}"
