#!/usr/bin/env bash
# Copies what Unity gets of the package into a new folder: what a tarball and a branch are made of.
#
#   scripts/unity-stage.sh PACKAGE FOLDER [NOTICES]
#
# PACKAGE: the Unity package, unity-bindings, with the native libraries in place (scripts/unity-plugins.sh). FOLDER: where it goes, and is
# not there yet. NOTICES: what `make platforms` made of the licences of others, dist/THIRD-PARTY-NOTICES.md; if it is not said, notices of the
# libraries that are in place are made here.
#
# HOMEPAGE, in the environment, is where the project lies on the web, as https://git.example.com/us/userstatus: then Unity's package manager
# leads to documentation, changelog and licences there. Without it, it shows what is in the package.
set -euo pipefail
scripts=$(cd "$(dirname "$0")" && pwd)

fail() {
    echo "unity-stage: $*" >&2
    exit 1
}

[ $# -eq 2 ] || [ $# -eq 3 ] || { echo "usage: unity-stage.sh PACKAGE FOLDER [NOTICES]" >&2; exit 2; }
package=$1 folder=$2 notices=${3:-}
field() { sed -n "s/^  \"$1\": \"\(.*\)\",\{0,1\}\$/\1/p" "$package/package.json"; }
name=$(field name) version=$(field version)
[ -n "$name" ] && [ -n "$version" ] || fail "$package/package.json has no name or no version"
libraries=$(cd "$package" && find Runtime/Plugins -type f \( -name 'libuserstatus.*' -o -name 'userstatus.dll' \) ! -name '*.meta' | sort)
[ -n "$libraries" ] || fail "no native library is in place: make unity-plugins"

[ ! -e "$folder" ] || fail "$folder is there already"
mkdir -p "$(dirname "$folder")"
cp -R "$package" "$folder"
# Not Plugins~: the settings are beside the libraries, and libraries cannot be added to what Unity unpacks.
rm -rf "$folder/Plugins~"
find "$folder" \( -name '.*' -o -name '*.tgz' \) -type f -delete

if [ -n "$notices" ]; then
    cp "$notices" "$folder/Third Party Notices.md"
else
    triples=()
    while read -r library; do
        case "$library" in
        */Linux/*) triples+=(x86_64-unknown-linux-gnu) ;;
        */Windows/*) triples+=(x86_64-pc-windows-msvc) ;;
        */macOS/*) triples+=(aarch64-apple-darwin x86_64-apple-darwin) ;;
        */iOS/*) triples+=(aarch64-apple-ios) ;;
        */arm64-v8a/*) triples+=(aarch64-linux-android) ;;
        */armeabi-v7a/*) triples+=(armv7-linux-androideabi) ;;
        */Android/x86_64/*) triples+=(x86_64-linux-android) ;;
        *) fail "what is $library built for?" ;;
        esac
    done <<<"$libraries"
    "$scripts/dist-notices.py" --library "$folder/Third Party Notices.md" "${triples[@]}" >/dev/null
fi

if [ -n "${HOMEPAGE:-}" ]; then
    at="${HOMEPAGE%/}/blob/v$version/unity-bindings"
    sed -i.old "s#^  \"license\": .*#&\\
  \"documentationUrl\": \"$at/Documentation~/index.md\",\\
  \"changelogUrl\": \"$at/CHANGELOG.md\",\\
  \"licensesUrl\": \"$at/LICENSE.md\",#
s#^    \"name\": .*#&,\
    \"url\": \"${HOMEPAGE%/}\"#" "$folder/package.json"
    rm "$folder/package.json.old"
fi
echo "$name $version, with:"
sed 's/^/  /' <<<"$libraries"
