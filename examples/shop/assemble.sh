#!/bin/sh
# Puts the shop's root file system together, as its Dockerfile would: the base, and the application upon it.
# usage: sh assemble.sh FOLDER
set -eu
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
root=${1:?usage: sh assemble.sh FOLDER}
mkdir -p "$root/srv/shop"
cp -R "$here/base/." "$root/"
ln -sf ../usr/lib/os-release "$root/etc/os-release"
cp "$here/package.json" "$here/package-lock.json" "$here/server.js" "$root/srv/shop/"
cp -R "$here/modules" "$root/srv/shop/node_modules"
