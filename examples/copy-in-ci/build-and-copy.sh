#!/bin/sh
# Builds into a registry that is gone when this ends, and copies the image to where it belongs once it has passed.
#   sh build-and-copy.sh DESTINATION COMMAND...
# COMMAND builds and pushes $IMAGE, tests it, signs it: whatever may fail does so before anybody sees the image.
set -eu
PATH="$PWD/node_modules/.bin:$PATH"

destination=$1
shift
port=${PORT:-5000}
export IMAGE="127.0.0.1:$port/candidate:latest"

# Another program there would be taken for ours.
if curl --silent --output /dev/null "http://127.0.0.1:$port/"; then
  echo "something listens on port $port already: choose another one by PORT" >&2
  exit 1
fi
ocikit serve --memory --port "$port" --log off &
registry=$!
trap 'kill "$registry"' EXIT
# Until it answers; if it has ended, no longer.
until curl --silent --output /dev/null "http://127.0.0.1:$port/v2/"; do
  kill -0 "$registry"
  sleep 0.2
done

"$@"
ocikit tree "$IMAGE"
ocikit copy --referrers "$IMAGE" "$destination"
