remove_all
if is_there; then fail 1 "something is left of it in $base, $data or $unit"; fi
