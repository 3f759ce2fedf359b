#!/usr/bin/env bash
# A network learns five of CIFAR-10's classes from 25,000 images and is then given 50 images of each of the
# other five: how well does it name those, beside networks that begin from nothing? Writes transfer.csv
# beside this script.
#
#   docs/results/transfer/transfer.sh CIFAR10.tar [SEEDS]
#
# CIFAR10.tar has train/CLASS/*.jpg and test/CLASS/*.jpg.
set -eu

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
root=$(cd "$here/../../.." && pwd -P)
if [ $# -lt 1 ]; then
    echo 'usage: transfer.sh CIFAR10.tar [SEEDS]' >&2
    exit 2
fi
archive=$1
seeds=${2:-3}
first='airplane automobile bird cat deer'
second='dog frog horse ship truck'
network=(--model A0 --widths 24,48,96,160 --depths 1,2,2,1 --strides 1,2,2,2)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/all" "$work/first/train" "$work/first/test"
tar -xf "$archive" -C "$work/all"
for class in $first; do
    mv "$work/all/train/$class" "$work/first/train/"
    mv "$work/all/test/$class" "$work/first/test/"
done

pick() { # pick SPLIT CLASS FROM,TO: files of a class, for $seed
    local to=$work/few-$seed/$1/$2
    mkdir -p "$to"
    find "$work/all/$1/$2" -name '*.jpg' | sort | sed -n "$3p" | xargs -I{} cp {} "$to/"
}

# 50 images of each class to learn from, other ones for every seed, and 400 to judge by.
for seed in $(seq 0 $((seeds - 1))); do
    for class in $second; do
        pick train "$class" "$((50 * seed + 1)),$((50 * seed + 50))"
        pick test "$class" 1,400
    done
done

field() { # field NAME FILE
    sed -n "s/^ *\"$1\": \([0-9.E+-]*\),\{0,1\}\$/\1/p" "$2" | head -n 1
}

train() { # train FOLDER FLAGS…, with the answer in FOLDER.json
    local out=$1
    shift
    "$root/repvgg" train --out "$out" --json "$@" >"$out.json" 2>"$out.log"
}

line() { # line START RATE EPOCHS SEED FOLDER
    printf '%s,%s,%s,%s,%s,%s,%s\n' "$1" "$2" "$3" "$4" \
        "$(tail -n 1 "$5/history.csv" | cut -d, -f3)" \
        "$(field disagreements "$5.json")" "$(field trainingSeconds "$5.json")"
}

{
    echo 'start,body rate,epochs,seed,top1,disagreements,seconds'
    train "$work/body" --data "$work/first" "${network[@]}" --recipe fast --seed 0
    line body 1 12 0 "$work/body"
    for seed in $(seq 0 $((seeds - 1))); do
        data=$work/few-$seed
        for rate in 0 0.1 1; do
            out=$work/tuned-$rate-$seed
            train "$out" --data "$data" --init "$work/body/trained.safetensors" \
                --body-rate "$rate" --seed "$seed"
            line trained "$rate" 30 "$seed" "$out"
        done
        for epochs in 30 200; do
            out=$work/fresh-$epochs-$seed
            train "$out" --data "$data" "${network[@]}" --recipe quick --batch 32 \
                --epochs "$epochs" --seed "$seed"
            line fresh 1 "$epochs" "$seed" "$out"
        done
    done
} >"$work/transfer.csv"
mv "$work/transfer.csv" "$here/transfer.csv"
