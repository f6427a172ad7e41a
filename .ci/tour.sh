#!/usr/bin/env bash
# The command line's first look, without a server: builds rempart, backs up a real folder into a repository under ./data,
# looks around in it, restores a file, compares, checks, and says what to try next. Run it again: it adds a snapshot.
#
#   ./start --cli           backs up this project's own folder
#   ./start --cli FOLDER    backs up that folder
set -euo pipefail
cd "$(dirname "$0")/.."
. .ci/machine.sh

export REMPART_REPOSITORY=$PWD/data/repository
export REMPART_PASSWORD_FILE=$PWD/data/password
export REMPART_CACHE_DIR=$PWD/data/cache
unset REMPART_PASSWORD REMPART_PASSWORD_COMMAND RESTIC_PASSWORD RESTIC_PASSWORD_COMMAND

folder=$(realpath "${1:-.}")
[ -d "$folder" ] || die "$folder is no folder"

# Shows a command as one would type it, then runs it.
run() {
    say "\$$(printf ' %q' "$@")"
    "$@"
}

need_build_tools
say "Building rempart"
cargo build --release --locked -p rempart
PATH="$(cargo_target_folder)/release:$PATH"

mkdir -p data
if [ ! -e "$REMPART_PASSWORD_FILE" ]; then
    (umask 077 && head -c 32 /dev/urandom | base64 >"$REMPART_PASSWORD_FILE")
    say "Made a password: $REMPART_PASSWORD_FILE (readable by you alone). Without it nothing below can be restored: keep a copy elsewhere."
fi
[ -e "$REMPART_REPOSITORY/config" ] || run rempart init

# What can be made again needs no backup; ./data would hold itself.
run rempart backup "$folder" --exclude "$PWD/data" --exclude "$PWD/target" --exclude "$PWD/.cache" --tag start
run rempart snapshots
run rempart ls latest:"$folder" --long --human-readable / | first_lines 12

file=$(rempart ls latest | while IFS= read -r path; do [ -f "$path" ] && [ -s "$path" ] && printf '%s\n' "$path"; done | first_lines 1)
[ -n "$file" ] || die "$folder holds no file that is not empty: give ./start --cli another folder"
run rempart find "$(basename "$file")" | first_lines 5

rm -rf data/restored
run rempart restore latest --target data/restored --include "$file" --verify
run cmp "$file" "data/restored$file"
echo "The restored file is equal to the original, byte by byte."

if [ "$(rempart snapshots --json | grep -o '"short_id"' | wc -l)" -gt 1 ]; then
    run rempart diff latest~1 latest
fi
run rempart check --read-data

say "What to try next"
cat <<NEXT
  export REMPART_REPOSITORY=$REMPART_REPOSITORY REMPART_PASSWORD_FILE=$REMPART_PASSWORD_FILE
  export PATH=$(cargo_target_folder)/release:\$PATH
  ./start --cli                                       change something, then run this again: only the change is stored
  rempart restore latest --target /tmp/all            restore everything
  rempart forget --keep-last 1 --prune --dry-run      what a rule would keep, and why
  rempart backup --stdin-from-command --stdin-filename packages.txt -- dpkg -l
  RESTIC_REPOSITORY=\$REMPART_REPOSITORY RESTIC_PASSWORD_FILE=\$REMPART_PASSWORD_FILE restic snapshots
  rempart --help; docs/cli.md
Everything this made is in $PWD/data: delete the folder to begin anew.
NEXT
