#!/usr/bin/env bash
# Makes the tarball of the Unity package, as npm does: what "Add package from tarball" and a scoped registry take.
#
#   scripts/unity-package.sh PACKAGE FOLDER
#
# PACKAGE: the Unity package, unity-bindings, with the native libraries in place (scripts/unity-plugins.sh). FOLDER: where the tarball goes.
# The same files make the same tarball, where tar is GNU's.
set -euo pipefail

fail() {
    echo "unity-package: $*" >&2
    exit 1
}

[ $# -eq 2 ] || { echo "usage: unity-package.sh PACKAGE FOLDER" >&2; exit 2; }
package=$1 folder=$2
field() { sed -n "s/^  \"$1\": \"\(.*\)\",\{0,1\}\$/\1/p" "$package/package.json"; }
name=$(field name) version=$(field version)
[ -n "$name" ] && [ -n "$version" ] || fail "$package/package.json has no name or no version"
# The script of WebGL players is no library: it is there always.
libraries=$(cd "$package" && find Runtime/Plugins -type f ! -name '*.meta' ! -name README.txt ! -name '*.jslib' | sort)
[ -n "$libraries" ] || fail "no native library is in place: make unity-plugins"

mkdir -p "$folder"
tarball=$folder/$name-$version.tgz
staging=$(mktemp -d)
trap 'rm -rf "$staging"' EXIT
cp -R "$package" "$staging/package"
# Not Plugins~: the settings are beside the libraries, and libraries cannot be added to what Unity unpacks.
rm -rf "$staging/package/Plugins~"
find "$staging/package" \( -name '.*' -o -name '*.tgz' \) -type f -delete
reproducible=()
if tar --version | grep -q GNU; then
    reproducible=(--sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --mode='u=rwX,go=rX')
fi
tar ${reproducible[@]+"${reproducible[@]}"} -czf "$tarball" -C "$staging" package
echo "$tarball, with:"
sed 's/^/  /' <<<"$libraries"
