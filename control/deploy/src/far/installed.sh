[ -e "$program" ] && [ -e "$unit" ] && [ ! -e "$mark" ] || fail 41 "no agent is installed"
