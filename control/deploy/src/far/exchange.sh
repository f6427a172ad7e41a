# The new unit on the standard input; the new program stands beside the old one.
[ -e "$program" ] && [ -e "$unit" ] && [ ! -e "$mark" ] || fail 41 "no agent is installed"
# Where an exchange was cut short, what is kept is what was there before it.
if [ ! -e "$program.before" ]; then
    cp -p "$unit" "$base/unit.before"
    ln -f "$program" "$program.before"
fi
cat >"$unit.new"
chmod 644 "$unit.new"
# A machine that loses its power in the middle has one whole unit or the other.
sync "$unit.new" 2>/dev/null || sync
mv -f "$program.new" "$program"
mv -f "$unit.new" "$unit"
systemctl daemon-reload
systemctl restart "$service" 2>&1
