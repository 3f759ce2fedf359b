#!/usr/bin/env bash
# Measures what a second process brings on one machine, and writes distributed.csv beside this script or
# into FOLDER: one process with one thread, then two with one thread each, in turns, the same batch of
# 256 images for all.
#
#   docs/results/distributed/distributed.sh [ROUNDS [FOLDER]]
#
# Two networks, both on the built-in shapes: A0 at half width, which reduces images to 2x2 pixels and so
# computes little for each number that is exchanged, and one whose first stages see 16x16. Eight epochs;
# the figure is the median of the last four, for Java compiles during the first. Needs two processors and taskset (Debian: util-linux).
# Stop everything else first.
set -eu

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
root=$(cd "$here/../../.." && pwd -P)
rounds=${1:-3}
out=${2:-$here}
port=29500
a0=(--width 0.5)
fine=(--widths '32,64,128,256,512' --depths '1,2,2,2,1' --strides '1,2,2,2,2')

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
    taskset -c "$processor" "$root/repvgg" train --data shapes --model A0 --recipe quick --epochs 8 \
        --batch 256 --engine java --threads 1 "$@" >/dev/null
}

# Median of the images a second of the last four epochs.
line() { # line NETWORK RANKS NORMS ROUND FOLDER
    awk -F, '
        NR == 1 { for (i = 1; i <= NF; i++) column[$i] = i; next }
        NR > 5 { print $column["images_per_second"] }' "$5/history.csv" | sort -n |
        awk -v head="$1,$2,$3,$4" 'NR == 2 || NR == 3 { sum += $1 } END { printf "%s,%.1f\n", head, sum / 2 }'
}

measure() { # measure NETWORK ROUND FLAGS…
    local network=$1 round=$2
    shift 2
    train 0 "$@" --out "$work/$network-one-$round"
    line "$network" 1 own "$round" "$work/$network-one-$round"
    for norms in own all; do
        flags=(--world 2 --rendezvous "127.0.0.1:$port")
        [ "$norms" = own ] || flags+=(--sync-bn)
        train 1 "$@" --out "$work/none" --rank 1 "${flags[@]}" &
        train 0 "$@" --out "$work/$network-$norms-$round" --rank 0 "${flags[@]}"
        wait
        line "$network" 2 "$norms" "$round" "$work/$network-$norms-$round"
    done
}

{
    echo "network,ranks,norms,round,images_per_second"
    for round in $(seq "$rounds"); do
        measure a0-half "$round" "${a0[@]}"
        measure fine "$round" "${fine[@]}"
    done
} >"$work/distributed.csv"
mv "$work/distributed.csv" "$out/distributed.csv"
