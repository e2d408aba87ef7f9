#!/usr/bin/env bash
# Writes the .meta of every file and folder of the Unity package that lacks one: for who adds a file without having Unity at hand.
#
#   scripts/unity-meta.sh
#
# Unity knows a file by the GUID in its .meta, so one that is there is never written anew, and moves with its file (git mv both). A new
# GUID is made of the path: the same on every machine. What Unity does not look at (names that begin with a dot or end with ~) gets none.
set -euo pipefail
cd "$(dirname "$0")/../unity-bindings"

importer() { # PATH
    if [ -d "$1" ]; then
        printf 'folderAsset: yes\nDefaultImporter:\n  externalObjects: {}\n'
        return
    fi
    case "$1" in
    *.cs)
        printf 'MonoImporter:\n  externalObjects: {}\n  serializedVersion: 2\n  defaultReferences: []\n'
        printf '  executionOrder: 0\n  icon: {instanceID: 0}\n'
        ;;
    *.asmdef) printf 'AssemblyDefinitionImporter:\n  externalObjects: {}\n' ;;
    package.json) printf 'PackageManifestImporter:\n  externalObjects: {}\n' ;;
    *.md | *.txt) printf 'TextScriptImporter:\n  externalObjects: {}\n' ;;
    *)
        echo "unity-meta: which importer does Unity use for $1? Say so in this script." >&2
        exit 1
        ;;
    esac
}

git ls-files --cached --others --exclude-standard -- . |
    grep -vE '(^|/)\.|~/|\.meta$' |
    awk -F/ '{ path = ""; for (i = 1; i <= NF; i++) { path = path (i > 1 ? "/" : "") $i; print path } }' | sort -u |
    while read -r path; do
        if [ ! -e "$path" ] || [ -e "$path.meta" ]; then continue; fi
        kind=$(importer "$path")
        guid=$(printf 'com.userstatus.unity/%s' "$path" | md5sum | cut -c 1-32)
        printf 'fileFormatVersion: 2\nguid: %s\n%s\n  userData: \n  assetBundleName: \n  assetBundleVariant: \n' "$guid" "$kind" >"$path.meta"
        echo "$path.meta"
    done
