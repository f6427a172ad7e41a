[ -e "$unit" ] || fail 41 "no agent is installed"
systemctl restart "$service" 2>&1
