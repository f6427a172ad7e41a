#!/bin/sh
# Azure Blob Storage as azurite speaks it, with its well-known account; signatures are checked.
. "$(dirname "$0")/lab.sh"
need "$lab/npm/node_modules/.bin/azurite-blob" azurite
port=$(free_port)
account=devstoreaccount1
key='Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=='
serve "$lab/npm/node_modules/.bin/azurite-blob" --silent --disableTelemetry --skipApiVersionCheck \
    --location "$data" --blobHost 127.0.0.1 --blobPort "$port"
answers "$port"
python3 - "$port" "$account" "$key" <<'PYTHON'
import base64, email.utils, hashlib, hmac, sys, urllib.request
port, account, key = sys.argv[1:]
date, version = email.utils.formatdate(usegmt=True), "2021-08-06"
text = f"PUT\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:{date}\nx-ms-version:{version}\n/{account}/{account}/backups\nrestype:container"
signature = base64.b64encode(hmac.new(base64.b64decode(key), text.encode(), hashlib.sha256).digest()).decode()
request = urllib.request.Request(f"http://127.0.0.1:{port}/{account}/backups?restype=container", method="PUT", headers={
    "x-ms-date": date, "x-ms-version": version, "Authorization": f"SharedKey {account}:{signature}"})
urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10)
PYTHON
ready "{\"endpoint\":\"http://127.0.0.1:$port/$account\",\"container\":\"backups\",\"account_name\":\"$account\",\"account_key\":\"$key\"}"
