# The unit on the standard input.
cat >"$unit.new"
chmod 644 "$unit.new"
mv -f "$unit.new" "$unit"
systemctl daemon-reload
systemctl enable "$service" 2>&1
systemctl restart "$service" 2>&1
