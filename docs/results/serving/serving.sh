#!/usr/bin/env bash
# Measures `repvgg serve` under load and writes CSV files beside this script, or into FOLDER.
#
#   docs/results/serving/serving.sh [SECONDS [FOLDER [NETWORK…]]]
#
# SECONDS is how long the overload lasts, 600 unless given; all else takes about as long again. Networks
# are A0 and SMALL; both unless given, and the first is overloaded.
# Needs two processors, wrk and taskset (Debian: wrk, util-linux). Stop everything else first.
set -eu

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
root=$(cd "$here/../../.." && pwd -P)
seconds=${1:-600}
out=${2:-$here}
shift "$(($# < 2 ? $# : 2))"

for tool in wrk taskset mvn; do
    command -v "$tool" >/dev/null || {
        echo "serving.sh: $tool is missing" >&2
        exit 2
    }
done

"$root/repvgg" --version >/dev/null # builds what the server needs
(cd "$root" && mvn -q -B test-compile)
java=java
[ -z "${JAVA_HOME:-}" ] || java=$JAVA_HOME/bin/java

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$out"
taskset -c 1 "$java" -XX:+UseSerialGC -Xmx1g \
    --add-modules jdk.incubator.vector --enable-native-access=ALL-UNNAMED \
    -cp "$root/cli/target/test-classes:$root/cli/target/quick/repvgg-cli.jar:$root/cli/target/quick/lib/*" \
    org.repvgg.benchmark.serving.ServingLoad "$work" "$out" "$here/post.lua" "$seconds" "$@"
