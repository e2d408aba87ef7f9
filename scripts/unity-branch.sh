#!/usr/bin/env bash
# Commits the Unity package, with its native libraries, to a branch that has nothing else: what Unity adds by the URL of a git repository.
#
#   scripts/unity-branch.sh PACKAGE REPOSITORY [NOTICES]
#
# REPOSITORY: a clone, this one for example. Its working tree and the branch that is checked out stay as they are: libraries never come into
# them. The branch is called `upm`, or what BRANCH in the environment says; it begins without a parent, and each version is a commit on the one before.
# Versions get a tag, upm-v1.2.3, which never moves. Pushing is left to who has looked at it:
#
#   git push origin upm upm-v1.2.3
#
# PACKAGE, NOTICES and HOMEPAGE in the environment: as for scripts/unity-stage.sh.
set -euo pipefail

fail() {
    echo "unity-branch: $*" >&2
    exit 1
}

[ $# -eq 2 ] || [ $# -eq 3 ] || { echo "usage: unity-branch.sh PACKAGE REPOSITORY [NOTICES]" >&2; exit 2; }
repository=$2 branch=${BRANCH:-upm}
git -C "$repository" rev-parse --git-dir >/dev/null 2>&1 || fail "$repository is no git repository"
git -C "$repository" check-ref-format --branch "$branch" >/dev/null || fail "$branch cannot be the name of a branch"
[ "$(git -C "$repository" symbolic-ref --quiet HEAD || true)" != "refs/heads/$branch" ] || fail "$branch is checked out in $repository: check out another one"

staging=$(mktemp -d)
trap 'rm -rf "$staging"' EXIT
contents=$("$(dirname "$0")/unity-stage.sh" "$1" "$staging/package" ${3:+"$3"})
read -r name version < <(sed 's/, with:.*//;q' <<<"$contents")

# An index and a working tree of its own. The same bytes whoever runs this, so no line ends are changed and no file is left out.
in_staging() {
    GIT_DIR=$git_dir GIT_INDEX_FILE=$staging/index GIT_WORK_TREE=$staging/package \
        git -c core.autocrlf=false -c core.excludesFile=/dev/null -c core.fileMode=false "$@"
}
git_dir=$(git -C "$repository" rev-parse --absolute-git-dir)
in_staging add --all --force .
tree=$(in_staging write-tree)

parent=$(git -C "$repository" rev-parse --quiet --verify "refs/heads/$branch" || true)
if [ -n "$parent" ] && [ "$(git -C "$repository" rev-parse "$parent^{tree}")" = "$tree" ]; then
    echo "$branch has this already: $parent"
    exit
fi
tag=upm-v$version
if git -C "$repository" rev-parse --quiet --verify "refs/tags/$tag" >/dev/null; then
    fail "$tag is there, with other files: a version that is out does not change; raise it"
fi
commit=$(git -C "$repository" commit-tree "$tree" ${parent:+-p "$parent"} -m "$name $version")
git -C "$repository" update-ref "refs/heads/$branch" "$commit" "$parent"
git -C "$repository" update-ref "refs/tags/$tag" "$commit" ''
echo "$branch and $tag are $commit: $contents"
