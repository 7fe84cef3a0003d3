# shellcheck shell=bash
# A cluster of a test's own, gone when the test ends: in a temporary home, its ports shifted by `offset`. Sourced from the checkout.

root=$PWD
home=$(mktemp -d "${TMPDIR:-/tmp}/cluster.XXXXXX")
offset=0
# shellcheck source=scripts/cluster.sh
source scripts/cluster.sh
offset=$(free_offset $((1000 + RANDOM % 200 * 100))) # two that start at once seldom meet
export POLYSTATUS_HOME=$home
export PROVIDERS=none # a test asks nobody outside

private_cluster_ends() {
  local status=$?
  ((status == 0)) || ./polystatus logs | tail -n 40
  ./polystatus down
  rm -rf "$home"
}
trap private_cluster_ends EXIT
./polystatus up --detach --offset "$offset"
