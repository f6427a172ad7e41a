# shellcheck shell=bash
# The demo of ./start, sourced by it: an administrator, a plan over $folder and its first run, on the server in $BACKUPS_DIR.
# $rempart is the program. What was cut short is gone on with: $BACKUPS_DIR/demo says how far it came.

# Refuses before anything is built: a server that is no demo keeps its users.
demo_may_begin() {
    if [ -e "$BACKUPS_DIR/catalog.sqlite" ] && [ ! -e "$BACKUPS_DIR/demo" ]; then
        die "$BACKUPS_DIR holds a server of your own: start it with ./start, or make the demo elsewhere: BACKUPS_DIR=\$PWD/data/demo ./start --demo"
    fi
}

demo() {
    need_packages curl jq
    local made= reset=
    made=$(cat "$BACKUPS_DIR/demo" 2>/dev/null || true)
    if [ "$made" != done ]; then
        # The password of a demo that was cut short was perhaps not seen by anybody.
        [ -z "$made" ] || reset=--reset
        password=$(head -c 15 /dev/urandom | base64)
        printf '%s\n' "$password" |
            "$rempart" admin create-user --name admin --role administrator $reset --password-stdin
        echo begun >"$BACKUPS_DIR/demo"
    fi
    said=$(mktemp)
    "$rempart" server > >(tee "$said") &
    server=$!
    trap 'kill "$server" 2>/dev/null; wait "$server" 2>/dev/null; rm -f "$said" "${jar:-}"' EXIT
    until page=$(sed -n 's/^Rempart is ready: //p' "$said") && [ -n "$page" ]; do
        kill -0 "$server" 2>/dev/null || die "the server ended; what it said stands above"
        sleep 0.1
    done
    if [ "$made" = done ]; then
        say "The demo is there: sign in at $page as admin, with the password of its first start"
        echo "Lost it? Delete $BACKUPS_DIR to begin anew."
    else
        make_demo
        echo done >"$BACKUPS_DIR/demo"
        say "Sign in at $page"
        echo "  name      admin"
        echo "  password  $password   (shown only now)"
    fi
    echo "Ctrl-C ends the server."
    wait "$server"
}

# One request to the server, whose certificate, where it has one, is its own: METHOD PATH [BODY]. Prints the answer; says what
# the server said where it refuses.
ask() {
    local answer status
    answer=$(curl --silent --show-error --insecure --cookie "$jar" --cookie-jar "$jar" --header 'Content-Type: application/json' \
        --header "X-Rempart-Csrf: $csrf" --request "$1" --write-out '\n%{http_code}' ${3:+--data "$3"} "$page$2")
    status=${answer##*$'\n'}
    answer=${answer%$'\n'*}
    case $status in 2*) printf '%s' "$answer" ;; *) die "$1 $2 was refused ($status): $answer" ;; esac
}

# The id of what is there already under a name: LIST NAME. Nothing where it is not.
found() {
    ask GET "/api/$1?limit=200" | jq --arg name "$2" 'first(.items[] | select(.name == $name) | .id) // empty'
}

make_demo() {
    local csrf= server_id pool_id repository_id plan_id run_id run state
    jar=$(mktemp)
    ask POST /api/auth/login "$(jq -n --arg password "$password" '{name: "admin", password: $password, totp: null}')" >/dev/null
    csrf=$(ask GET /api/auth/me | jq -r .csrfToken)
    server_id=$(ask GET /api/servers | jq 'first(.items[] | select(.local) | .id)')
    pool_id=$(ask GET /api/pools | jq 'first(.items[].id) // empty')
    [ -n "$pool_id" ] || pool_id=$(ask POST /api/pools "$(jq -n --arg path "$BACKUPS_DIR/pool" \
        '{name: "local", place: {kind: "local", path: $path}}')" | jq .id)
    repository_id=$(found repositories demo)
    [ -n "$repository_id" ] || repository_id=$(ask POST /api/repositories "$(jq -n --argjson pool "$pool_id" \
        --argjson server "$server_id" '{name: "demo", poolId: $pool, serverId: $server, adoptPassword: null}')" | jq .id)
    plan_id=$(found plans Demo)
    [ -n "$plan_id" ] || plan_id=$(ask POST /api/plans "$(jq -n --argjson repository "$repository_id" \
        --argjson server "$server_id" --arg folder "$folder" --arg zone "$(cat /etc/timezone 2>/dev/null || echo Etc/UTC)" '{
            name: "Demo", serverId: $server, repositoryId: $repository, enabled: true,
            sources: {folders: [$folder], excludes: [], excludeCaches: true, oneFileSystem: false, excludeLargerThanBytes: null},
            schedule: {cron: "0 2 * * *", timeZone: $zone, missed: "catchUp"},
            retention: {last: 0, hourly: 0, daily: 7, weekly: 5, monthly: 12, quarterly: 0, yearly: 0, within: null},
            compression: "auto", tags: [], priority: 0, maxRetries: 2, verifyAfterRun: true}')" | jq .id)
    run_id=$(ask POST "/api/plans/$plan_id/execute" '{}' | jq .runId)
    say "The first run of the plan over $folder"
    for _ in $(seq 600); do
        run=$(ask GET "/api/runs/$run_id")
        state=$(jq -r .state <<<"$run")
        case $state in queued | running) sleep 0.5 ;; *) break ;; esac
    done
    jq -r '"\(.state): \(.counters.filesDone) files, \(.counters.bytesDone) bytes read, \(.counters.storedBytes) bytes stored",
        (.message // empty)' <<<"$run"
    case $state in
        failed | canceled) die "the first run did not succeed; look at $page/runs/$run_id" ;;
        queued | running) echo "It goes on: $page/runs/$run_id shows how far it is." ;;
    esac
}
