# $1 SHA-256, $2 bytes, $3 KiB that must be free; the program on the standard input.
mkdir -p "$base/bin"
# A name of its own: a session that broke may hear of its end while the next one is here already.
new=$program.new.$$
trap 'rm -f "$new"' EXIT
free=$(df -Pk "$base/bin" | sed -n "2s/^.* \([0-9][0-9]*\)  *[0-9]*% .*/\1/p")
if [ -n "$free" ] && [ "$free" -lt "$3" ]; then
    echo "free_kib=$free"
    fail 42 "$free KiB are free where $3 are needed"
fi
cat >"$new"
size=$(wc -c <"$new" | tr -d " ")
[ "$size" = "$2" ] || fail 43 "$size of $2 bytes arrived"
sum=$(sha256sum "$new")
[ "${sum%% *}" = "$1" ] || fail 43 "its SHA-256 is ${sum%% *}"
chmod 755 "$new"
if command -v restorecon >/dev/null 2>&1; then restorecon -R "$base" >/dev/null 2>&1 || true; fi
said=$("$new" --version 2>&1) || fail 44 "$said"
sync "$new" 2>/dev/null || sync
mv -f "$new" "$program.new"
echo "version=${said##* }"
