# What an installation has begun goes; an agent that was there before it stays.
if [ -e "$mark" ]; then remove_all; fi
rmdir "$base/bin" "$base" 2>/dev/null || true
