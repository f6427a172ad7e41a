rm -f "$program.new" "$program.new".* "$unit.new"
if [ -e "$program.before" ]; then
    # The program last: it is what says that there is something to take back.
    if [ -e "$base/unit.before" ]; then mv -f "$base/unit.before" "$unit"; fi
    mv -f "$program.before" "$program"
    systemctl daemon-reload
    systemctl restart "$service" 2>&1
fi
