#!/bin/sh
# S3 as s3s-fs speaks it: objects in a folder, signatures are checked.
. "$(dirname "$0")/lab.sh"
need "$lab/cargo/bin/s3s-fs" s3s
port=$(free_port)
mkdir -p "$data/buckets/backups"
serve "$lab/cargo/bin/s3s-fs" --host 127.0.0.1 --port "$port" --access-key LABKEY --secret-key lab-secret-key "$data/buckets"
answers "$port"
ready "{\"endpoint\":\"http://127.0.0.1:$port\",\"bucket\":\"backups\",\"access_key_id\":\"LABKEY\",\"secret_access_key\":\"lab-secret-key\"}"
