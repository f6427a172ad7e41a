#!/bin/bash
# Makes the golden files anew: what the real restic writes for a tree of odd names, kinds and dates.
# usage: make.sh RESTIC OUTPUT_FOLDER [TZ [REPOSITORY_VERSION]]      (as root: it makes devices and other people's files)
# Needs: openssl, zstd, jq, setfattr, setfacl. The MAC is not checked here: restic wrote the files a moment ago.
set -euo pipefail
[ "${GOLDEN_HOST:-}" ] || GOLDEN_HOST=1 exec unshare --uts "$0" "$@"
hostname golden
restic=$(realpath "$1")
out=$2
export TZ=${3:-Europe/Paris} LC_ALL=C RESTIC_PASSWORD=golden RESTIC_CACHE_DIR=
mkdir -p "$out"
out=$(realpath "$out")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export RESTIC_REPOSITORY=$work/repo
src=$work/source
mkdir "$src"
cd "$src"

mkdir names kinds dates owners links
(cd names
  printf x > plain; printf x > 'two words'; printf x > 'quote"'; printf x > 'back\slash'; printf x > '<a href="x">&amp;'
  for name in 'tab\there' 'line\nbreak' 'carriage\rreturn' 'bell\a' 'backspace\b' 'feed\f' 'vertical\v' 'escape\033[1m' 'one\001' \
    'delete\177' 'latin \xe9' 'bad \xff\xfe end' 'cut \xe2\x82' 'overlong \xc0\xaf' 'surrogate \xed\xa0\x80' 'nbsp \xc2\xa0' \
    'shy \xc2\xad' 'nel \xc2\x85' 'euro \xe2\x82\xac' 'separator \xe2\x80\xa8 \xe2\x80\xa9' 'zero width \xe2\x80\x8b\xe2\x80\x8d' \
    'bom \xef\xbb\xbf' 'replacement \xef\xbf\xbd' 'nonchar \xef\xbf\xbf' 'private \xee\x80\x80' 'emoji \xf0\x9f\x98\x80' \
    'combining e\xcc\x81' 'hangul \xed\x95\x9c' 'unassigned \xcd\xb8' 'tag \xf3\xa0\x80\x81' 'beyond \xf4\x8f\xbf\xbd' \
    'ideographic space \xe3\x80\x80' "apostrophe '" 'slash\\u0041' '\\xff' 'del \x7f' 'percent %%' '~' '-dash' 'Unicode 16 \xf0\x90\xb5\x80' \
    'Unicode 15 \xf0\x9f\xab\xa8'; do
    printf x > "./$(printf -- "$name")"
  done)
(cd kinds
  : > empty; head -c 3000000 /dev/zero | openssl enc -aes-128-ctr -K 00000000000000000000000000000001 -iv 00 2>/dev/null > chunked
  mkdir dir; mkfifo fifo; mknod block b 7 300; mknod char c 1 3
  perl -MSocket -e 'socket(S, PF_UNIX, SOCK_STREAM, 0); bind(S, sockaddr_un("socket"))'
  printf x > setuid; chmod 4755 setuid; printf x > setgid; chmod 2755 setgid; mkdir sticky; chmod 1777 sticky; printf x > none; chmod 0 none
  printf x > xattrs; setfattr -n user.text -v value xattrs; setfattr -n user.binary -v 0x00ff10 xattrs; setfattr -n user.empty xattrs
  setfattr -n 'user.odd <&> "name"' -v x xattrs; setfattr -n "$(printf 'user.bad \xff')" -v x xattrs
  printf x > acl; setfacl -m u:12345:rw acl; mkdir acl-dir; setfacl -m d:g:54321:rx acl-dir)
(cd dates
  for date in '1969-12-31T23:59:59.5Z' '1970-01-01T00:00:00Z' '2000-02-29T12:00:00.1Z' '2024-03-31T00:59:59.999999999Z' \
    '2024-03-31T01:00:00.000000001Z' '2024-10-27T00:59:59.12Z' '2024-10-27T01:00:00.000120Z' '2038-01-19T03:14:08Z' '2106-02-07T06:28:15Z' \
    '1950-06-01T00:00:00Z' '1976-07-01T00:00:00Z'; do
    printf x > "$date"; touch -d "$date" "$date"
  done)
(cd owners
  printf x > root; printf x > daemon; chown daemon:daemon daemon; printf x > nobody; chown 4294967294:4294967294 nobody; printf x > unknown; chown 54321:12345 unknown)
(cd links
  ln -s target plain; ln -s "$(printf 'bad \xff\xfe target')" bad; ln -s "$(printf 'odd <&> "\\ \t\b\f\x7f \xe2\x80\xa8 \xef\xbf\xbd')" odd
  printf shared > hard-1; ln hard-1 hard-2; ln -s ../kinds/dir up)

"$restic" init -q --repository-version "${4:-2}"
sn() { "$restic" snapshots --json | jq -r '.[-1].id'; }
"$restic" backup -q --host golden --tag 'one,<two>' --exclude '*.tmp' "$src"
first=$(sn)
printf more > "$src/kinds/new"
"$restic" backup -q --host golden --with-atime "$src"
second=$(sn)
"$restic" tag -q --add tagged "$first"

master=$("$restic" cat masterkey)
key=$(jq -r .encrypt <<< "$master" | base64 -d | xxd -p -c 64)
open_file() { # the plaintext of a sealed file
  openssl enc -d -aes-256-ctr -K "$key" -iv "$(head -c 16 "$1" | xxd -p)" -in <(tail -c +17 "$1" | head -c -16)
}
json_of() { # the JSON of a sealed file
  open_file "$1" > "$work/open"
  if [ "$(head -c 1 "$work/open" | xxd -p)" = 02 ]; then tail -c +2 "$work/open" | zstd -dqc; else cat "$work/open"; fi
}

json_of "$RESTIC_REPOSITORY/config" > "$out/config.json"
cp "$RESTIC_REPOSITORY"/keys/* "$out/key.json"
tr -d ' \n' <<< "$master" > "$out/master-key.json"
n=0; for file in "$RESTIC_REPOSITORY"/snapshots/*; do n=$((n + 1)); json_of "$file" > "$out/snapshot-$n.json"; done
n=0; for file in "$RESTIC_REPOSITORY"/index/*; do n=$((n + 1)); json_of "$file" > "$out/index-$n.json"; open_file "$file" > "$out/index-$n.unpacked"; done
n=0; for pack in "$RESTIC_REPOSITORY"/data/*/*; do
  n=$((n + 1))
  length=$((0x$(tail -c 4 "$pack" | xxd -p | sed 's/\(..\)\(..\)\(..\)\(..\)/\4\3\2\1/')))
  tail -c $((length + 4)) "$pack" | head -c -4 > "$work/header"
  open_file "$work/header" > "$out/pack-$(basename "$pack").header"
done
mkdir -p "$out/trees"
for tree in $(jq -r '.packs[].blobs[] | select(.type == "tree") | .id' "$out"/index-*.json | sort -u); do
  "$restic" cat blob "$tree" > "$out/trees/$tree.json"
done
# A lock, as it lies while a backup waits for its input.
mkfifo "$work/pipe"; "$restic" backup -q --stdin < "$work/pipe" & pid=$!
exec 9> "$work/pipe"
until ls "$RESTIC_REPOSITORY"/locks/* > /dev/null 2>&1; do sleep 0.1; done
json_of "$(ls "$RESTIC_REPOSITORY"/locks/* | head -1)" > "$out/lock.json"
printf x >&9; exec 9>&-; wait "$pid"
"$restic" version > "$out/version.txt"; echo "TZ=$TZ" >> "$out/version.txt"
