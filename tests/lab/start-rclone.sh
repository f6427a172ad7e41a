#!/bin/sh
# restic's REST protocol as rclone speaks it. `start-rclone.sh tls` serves HTTPS with an authority of its own.
. "$(dirname "$0")/lab.sh"
need rclone rclone
port=$(free_port)
mkdir "$data/repositories"
scheme=http ca=
set -- "${1:-}"
if [ "$1" = tls ]; then
    scheme=https ca=$data/ca.pem
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj '/CN=Lab authority' \
        -keyout "$data/ca.key" -out "$ca" 2>/dev/null
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=127.0.0.1 \
        -keyout "$data/tls.key" -out "$data/tls.csr" 2>/dev/null
    printf 'subjectAltName=IP:127.0.0.1\n' >"$data/tls.ext"
    openssl x509 -req -in "$data/tls.csr" -CA "$ca" -CAkey "$data/ca.key" -CAcreateserial -days 2 \
        -extfile "$data/tls.ext" -out "$data/tls.pem" 2>/dev/null
    set -- --cert "$data/tls.pem" --key "$data/tls.key"
else
    set --
fi
serve rclone serve restic --config "$data/rclone.conf" --addr "127.0.0.1:$port" --user lab --pass 'se:cr@t' "$@" "$data/repositories"
answers "$port"
ready "{\"scheme\":\"$scheme\",\"address\":\"127.0.0.1:$port\",\"user\":\"lab\",\"password\":\"se:cr@t\",\"folder\":\"$data/repositories\",\"ca_file\":\"$ca\"}"
