# $1 the server, $2 its key, $3 the fingerprint of its certificate or nothing; the token on the standard input.
mv -f "$program.new" "$program"
if [ -n "$3" ]; then set -- "$1" "$2" --certificate "$3"; else set -- "$1" "$2"; fi
server=$1 key=$2
shift 2
exec "$program" enrol --data "$data" --server "$server" --server-key "$key" "$@"
