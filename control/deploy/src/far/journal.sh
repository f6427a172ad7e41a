# $1 how many lines.
journalctl --unit "$service" --lines "$1" --no-pager --output short-iso 2>&1
