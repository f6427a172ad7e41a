# Nothing is there yet, or only what an installation that was cut short has left.
if [ -e "$mark" ]; then remove_all; fi
if is_there; then fail 40 "an agent is installed already"; fi
mkdir -p "$base/bin"
: >"$mark"
