#!/bin/sh
# The main job end to end, on copies of the examples and a local repository:
#   demo.sh LADING DIR
# Everything it makes lies in DIR, which is removed first. Every command is
# printed before it runs, so that you can repeat it.
set -eu

lading=$(realpath "$1")
mkdir -p "$(dirname "$2")"
demo=$(realpath -m "$2")
examples=$(dirname "$(realpath "$0")")

say() { printf '\n\033[1m# %s\033[0m\n' "$*"; }
run() { printf '$ %s\n' "$*"; "$@"; }
[ -t 1 ] || say() { printf '\n# %s\n' "$*"; }

rm -rf "$demo"
mkdir -p "$demo"
cp -R "$examples" "$demo/project"
rm -f "$demo/project/demo.sh"
PATH=$(dirname "$lading"):$PATH
export PATH
cd "$demo/project"
printf '$ cd %s\n' "$demo/project"
GIT_AUTHOR_NAME=${GIT_AUTHOR_NAME:-Demo} GIT_AUTHOR_EMAIL=${GIT_AUTHOR_EMAIL:-demo@example.com}
GIT_COMMITTER_NAME=$GIT_AUTHOR_NAME GIT_COMMITTER_EMAIL=$GIT_AUTHOR_EMAIL
export GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL

say 'The settings are in Git, as they should be'
run git init --quiet --initial-branch=main .
run git add .
run git commit --quiet --message='Three pipelines'

say 'Three deployments, three environments'
run lading render -o name

say 'One of them, as the cluster will see it in production'
run lading render -f deployments/greet/deployment.yaml --env prod

say 'Publish everything to a bare repository that is made on the way'
run lading publish --repository ../rendered.git --init

say 'Publish again: nothing changed, so there is no commit'
run lading publish --repository ../rendered.git

say 'Change one setting: more memory for churn-predictor'
run sed -i.bak 's/memory: 4GB/memory: 8GB/' deployments/churn-predictor/deployment.yaml
rm -f deployments/churn-predictor/deployment.yaml.bak
run git commit --quiet --all --message='churn-predictor: more memory'
printf '$ lading publish --repository ../rendered.git --dry-run    # exits 3: there are differences\n'
lading publish --repository ../rendered.git --dry-run || [ $? -eq 3 ]
run lading publish --repository ../rendered.git

say 'What Argo CD or Flux will see'
run git -C ../rendered.git --no-pager log --stat --format='%h %an  %s' main
run git -C ../rendered.git --no-pager log -1 --format='%B' main
run git -C ../rendered.git ls-tree -r --name-only main

say 'The change, as a reviewer sees it'
run git -C ../rendered.git --no-pager diff --unified=2 main~1 main -- '*.yaml'

say 'Where to look'
cat <<END
settings     $demo/project
manifests    git -C $demo/rendered.git show main:prod/production/churn-predictor/deployment.yaml
again        make demo
END
