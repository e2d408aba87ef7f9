#!/usr/bin/env bash
# Writes the .meta of every file and folder of the Unity package that lacks one: for who adds a file without having Unity at hand.
#
#   scripts/unity-meta.sh
#
# Unity knows a file by the GUID in its .meta, so one that is there is never written anew, and moves with its file (git mv both). A new
# GUID is made of the path: the same on every machine. What Unity does not look at (names that begin with a dot or end with ~) gets none.
set -euo pipefail
cd "$(dirname "$0")/../unity-bindings"

# What goes into the player of one platform as it is.
plugin() { # PLATFORM, as Unity's settings have it
    local android=0 ios=0 no_android=1 no_ios=1
    case "$1" in
    Android) android=1 no_android=0 ;;
    iOS) ios=1 no_ios=0 ;;
    esac
    cat <<SETTINGS
PluginImporter:
  externalObjects: {}
  serializedVersion: 2
  iconMap: {}
  executionOrder: {}
  defineConstraints: []
  isPreloaded: 0
  isOverridable: 1
  isExplicitlyReferenced: 0
  validateReferences: 1
  platformData:
  - first:
      : Any
    second:
      enabled: 0
      settings:
        Exclude Android: $no_android
        Exclude Editor: 1
        Exclude Linux64: 1
        Exclude OSXUniversal: 1
        Exclude WebGL: 1
        Exclude Win: 1
        Exclude Win64: 1
        Exclude iOS: $no_ios
  - first:
      Android: Android
    second:
      enabled: $android
      settings:
        CPU: ARMv7
  - first:
      Any: 
    second:
      enabled: 0
      settings: {}
  - first:
      Editor: Editor
    second:
      enabled: 0
      settings:
        CPU: AnyCPU
        DefaultValueInitialized: true
        OS: AnyOS
  - first:
      iPhone: iOS
    second:
      enabled: $ios
      settings:
        AddToEmbeddedBinaries: false
        CPU: AnyCPU
        CompileFlags: 
        FrameworkDependencies: 
SETTINGS
}

importer() { # PATH
    case "$1" in
    *.androidlib)
        printf 'folderAsset: yes\n'
        plugin Android
        return
        ;;
    esac
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
    *.xcprivacy) plugin iOS ;;
    *.md | *.txt) printf 'TextScriptImporter:\n  externalObjects: {}\n' ;;
    *)
        echo "unity-meta: which importer does Unity use for $1? Say so in this script." >&2
        exit 1
        ;;
    esac
}

git ls-files --cached --others --exclude-standard -- . |
    grep -vE '(^|/)\.|~/|\.meta$' |
    # One asset, whatever is in it.
    sed 's#\.androidlib/.*#.androidlib#' |
    awk -F/ '{ path = ""; for (i = 1; i <= NF; i++) { path = path (i > 1 ? "/" : "") $i; print path } }' | sort -u |
    while read -r path; do
        if [ ! -e "$path" ] || [ -e "$path.meta" ]; then continue; fi
        kind=$(importer "$path")
        guid=$(printf 'com.userstatus.unity/%s' "$path" | md5sum | cut -c 1-32)
        printf 'fileFormatVersion: 2\nguid: %s\n%s\n  userData: \n  assetBundleName: \n  assetBundleVariant: \n' "$guid" "$kind" >"$path.meta"
        echo "$path.meta"
    done
