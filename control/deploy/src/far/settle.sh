rm -f "$program.before"
rm -f "$base/unit.before" "$mark"
