#!/usr/bin/env bash
# Makes the tarball of the Unity package, as npm does: what "Add package from tarball" and a scoped registry take.
#
#   scripts/unity-package.sh PACKAGE FOLDER [NOTICES]
#
# FOLDER: where the tarball goes. PACKAGE, NOTICES and what may be in the environment: as for scripts/unity-stage.sh.
# The same files make the same tarball, where tar is GNU's.
set -euo pipefail

[ $# -eq 2 ] || [ $# -eq 3 ] || { echo "usage: unity-package.sh PACKAGE FOLDER [NOTICES]" >&2; exit 2; }
folder=$2
staging=$(mktemp -d)
trap 'rm -rf "$staging"' EXIT
contents=$("$(dirname "$0")/unity-stage.sh" "$1" "$staging/package" ${3:+"$3"})
read -r name version < <(sed 's/, with:.*//;q' <<<"$contents")

mkdir -p "$folder"
tarball=$folder/$name-$version.tgz
reproducible=()
if tar --version | grep -q GNU; then
    reproducible=(--sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --mode='u=rwX,go=rX')
fi
tar ${reproducible[@]+"${reproducible[@]}"} -czf "$tarball" -C "$staging" package
echo "$tarball: $contents"
