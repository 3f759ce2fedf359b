#!/usr/bin/env bash
# Time and peak memory of verbs on training forms of the paper's size, as CSV on standard output.
#
#   docs/results/whole-files.sh FOLDER [VARIANT…] >docs/results/whole-files.csv
#
# FOLDER holds what org.repvgg.benchmark.WholeFiles writes. Needs GNU time.
set -eu

folder=$1
shift
[ $# -gt 0 ] || set -- A0 B1g4 B3 D2se
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)

measure() { # measure VARIANT VERB LABEL ARGUMENT…
    local variant=$1 verb=$2 label=$3 log=$folder/time.log bytes
    shift 3
    bytes=$(wc -c <"$folder/$variant.safetensors")
    command time -o "$log" -f '%e %M' "$root/repvgg" "$verb" "$@" >"$folder/$verb.log"
    tail -n 1 "$log" | while read -r seconds kilobytes; do
        printf '%s,%s,%s,%s,%s,%s\n' "$variant" "$label" "$((bytes / 1000000))" "$seconds" \
            "$((kilobytes * 1024 / 1000000))" \
            "$(awk "BEGIN { printf \"%.2f\", $kilobytes * 1024 / $bytes }")"
    done
}

printf 'variant,verb,file MB,seconds,peak MB,peak/file\n'
for variant in "$@"; do
    train=$folder/$variant.safetensors
    plain=$folder/$variant-plain.safetensors
    measure "$variant" inspect inspect "$train"
    measure "$variant" convert convert "$train" -o "$folder/converted.safetensors" --names timm
    measure "$variant" fold fold "$train" -o "$plain"
    measure "$variant" export 'export (ONNX)' "$train" -o "$folder/exported.onnx"
    measure "$variant" export 'export (TorchScript)' "$train" -o "$folder/exported.pt"
    measure "$variant" verify verify "$train" "$plain"
    measure "$variant" predict 'predict training form' "$train" "$folder/picture.png"
    measure "$variant" predict 'predict plain form' "$plain" "$folder/picture.png"
    measure "$variant" run 'run 8 images training form' "$train" --input "$folder/images.npy" --output "$folder/answer.npy"
    measure "$variant" run 'run 8 images plain form' "$plain" --input "$folder/images.npy" --output "$folder/answer.npy"
done
