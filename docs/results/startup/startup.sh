#!/usr/bin/env bash
# Measures how long the packaged command takes to start, with and without its AOT cache, in turns;
# writes startup.csv beside this script.
#
#   docs/results/startup/startup.sh [ROUNDS]
#
# Needs what packaging/target/repvgg is made of: mvn -Dquick -Ppackage package, and curl.
set -eu

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
root=$(cd "$here/../../.." && pwd -P)
rounds=${1:-11}
command=$root/packaging/target/repvgg/bin/repvgg
port=18080

[ -x "$command" ] || {
    echo "startup.sh: $command is missing: run mvn -Dquick -Ppackage package" >&2
    exit 2
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
photo=$work/photo.bmp
# One blue pixel, for any decoder.
printf 'BM\072\0\0\0\0\0\0\0\066\0\0\0\050\0\0\0\001\0\0\0\001\0\0\0\001\0\030\0\0\0\0\0\004\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\377\0\0\0' >"$photo"

now() { date +%s.%N; }

version() { "$command" --version >/dev/null; }

predict() { "$command" predict cifar10 "$photo" >/dev/null; }

serve() { # until it says that it is ready
    "$command" serve cifar10 --port "$port" >/dev/null 2>&1 &
    server=$!
    until curl -sf -o /dev/null "http://127.0.0.1:$port/v2/health/ready"; do
        sleep 0.005
    done
}

{
    echo "round,what,aot,seconds"
    for round in $(seq "$rounds"); do
        for what in version predict serve; do
            for aot in auto off; do
                export REPVGG_OPTS=-XX:AOTMode=$aot
                server=
                start=$(now)
                "$what"
                end=$(now)
                if [ -n "$server" ]; then
                    kill "$server"
                    wait "$server" || true
                fi
                printf '%s,%s,%s,%s\n' "$round" "$what" "$aot" "$(awk "BEGIN { print $end - $start }")"
            done
        done
    done
} >"$work/startup.csv"
mv "$work/startup.csv" "$here/startup.csv"
