# The unit on the standard input.
cat >"$unit.new"
chmod 644 "$unit.new"
# A machine that loses its power in the middle has one whole unit or the other.
sync "$unit.new" 2>/dev/null || sync
mv -f "$unit.new" "$unit"
systemctl daemon-reload
systemctl enable "$service" 2>&1
systemctl restart "$service" 2>&1
