#!/usr/bin/env bash
# Makes a base image from Debian's packages, for machines that reach those but no registry of images:
#
#   packaging/base-image.sh OUT.tar
#   mvn -Dquick -Ppackage,image package -Dimage.base=tar://OUT.tar
#
# It has what debian:bookworm-slim has for us, a C library and a shell. Needs root and Debian's mmdebstrap.
set -euo pipefail

out=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

mmdebstrap --quiet --variant=extract --include=libc6,dash,bash,coreutils,grep bookworm "$work/layer.tar"
layer=$(sha256sum "$work/layer.tar" | cut -d ' ' -f 1)
cat >"$work/config.json" <<END
{"architecture": "$(dpkg --print-architecture)", "os": "linux", "config": {},
 "rootfs": {"type": "layers", "diff_ids": ["sha256:$layer"]}}
END
cat >"$work/manifest.json" <<END
[{"Config": "config.json", "RepoTags": ["base:latest"], "Layers": ["layer.tar"]}]
END
tar -C "$work" -cf "$out" manifest.json config.json layer.tar
