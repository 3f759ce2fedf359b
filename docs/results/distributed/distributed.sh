#!/usr/bin/env bash
# Measures what a second process brings on one machine, and writes distributed.csv beside this script or
# into FOLDER: one process with one thread, then two with one thread each, in turns.
#
#   docs/results/distributed/distributed.sh [ROUNDS [FOLDER]]
#
# The network is A0 at half width, the data the built-in shapes, the batch 128; four epochs, of which
# the first warms up and is left out. Needs two processors and taskset (Debian: util-linux). Stop
# everything else first.
set -eu

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
root=$(cd "$here/../../.." && pwd -P)
rounds=${1:-3}
out=${2:-$here}
port=29500

command -v taskset >/dev/null || {
    echo "distributed.sh: taskset is missing" >&2
    exit 2
}
"$root/repvgg" --version >/dev/null # builds what is measured
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$out"

train() { # train PROCESSOR FLAGS…
    local processor=$1
    shift
    taskset -c "$processor" "$root/repvgg" train --data shapes --model A0 --width 0.5 --recipe quick \
        --epochs 4 --batch 128 --engine java --threads 1 "$@" >/dev/null
}

# Mean seconds of the steps of an epoch after the first: images over images a second.
line() { # line RANKS NORMS ROUND FOLDER
    awk -F, -v head="$1,$2,$3" '
        NR == 1 { for (i = 1; i <= NF; i++) column[$i] = i; next }
        NR > 2 { rates += $column["images_per_second"]; epochs++ }
        END { printf "%s,%.1f\n", head, rates / epochs }' "$4/history.csv"
}

{
    echo "ranks,norms,round,images_per_second"
    for round in $(seq "$rounds"); do
        train 0 --out "$work/one-$round"
        line 1 own "$round" "$work/one-$round"
        for norms in own all; do
            flags=(--world 2 --rendezvous "127.0.0.1:$port")
            [ "$norms" = own ] || flags+=(--sync-bn)
            train 1 --out "$work/none" --rank 1 "${flags[@]}" &
            train 0 --out "$work/$norms-$round" --rank 0 "${flags[@]}"
            wait
            line 2 "$norms" "$round" "$work/$norms-$round"
        done
    done
} >"$work/distributed.csv"
mv "$work/distributed.csv" "$out/distributed.csv"
