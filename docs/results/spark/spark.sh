#!/usr/bin/env bash
# Compares `repvgg spark-score` on two threads with one process that scores the same files on the same
# two processors, in turns; writes FILE, or throughput.csv beside this script.
#
#   docs/results/spark/spark.sh M FOLDER [ROUNDS [FILE]]
#
# FOLDER has a folder of images for each class of the network M. Needs two processors and taskset.
set -eu

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
root=$(cd "$here/../../.." && pwd -P)
if [ $# -lt 2 ]; then
    echo 'usage: spark.sh M FOLDER [ROUNDS [FILE]]' >&2
    exit 2
fi
network=$1
folder=$2
rounds=${3:-5}
csv=${4:-$here/throughput.csv}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

field() { # field NAME FILE
    sed -n "s/^ *\"$1\": \([0-9.E+-]*\),\{0,1\}\$/\1/p" "$2" | head -n 1
}

run() { # run ROUND NAME ARGUMENTS
    local round=$1 name=$2 start end
    shift 2
    start=$(date +%s.%N)
    taskset -c 0,1 "$root/repvgg" "$@" --json >"$work/answer.json"
    end=$(date +%s.%N)
    printf '%s,%s,%s,%s,%s,%s\n' "$round" "$name" \
        "$(field images "$work/answer.json")" \
        "$(field seconds "$work/answer.json")" \
        "$(field imagesPerSecond "$work/answer.json")" \
        "$(awk "BEGIN { print $end - $start }")" | tee -a "$csv.part"
}

"$root/repvgg" spark-score x --input x --output x 2>/dev/null || true # builds what it needs
echo 'round,what,images,seconds,images/s,seconds of the command' >"$csv.part"
for round in $(seq "$rounds"); do
    run "$round" spark spark-score "$network" --input "$folder" --output "$work/answers" --master 'local[2]'
    rm -rf "$work/answers"
    run "$round" alone evaluate "$network" --data "$folder" --threads 2
done
mv "$csv.part" "$csv"
