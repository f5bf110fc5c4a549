#!/bin/sh
# The launcher was compiled into the image, which holds no compiler; the start looks for it among the data folder's tools.
set -eu
mkdir -p "$FLOWBOOK_DATA/tools"
for launcher in /opt/flowbook/tools/launcher-*; do
  to="$FLOWBOOK_DATA/tools/${launcher##*/}"
  # By a temporary name: web and runner may start on one folder at once.
  [ -x "$to" ] || { cp "$launcher" "$to.$$" && mv "$to.$$" "$to"; }
done
exec "$@"
