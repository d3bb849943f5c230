#!/bin/sh
# What build-and-copy.sh is given: builds and pushes $IMAGE, and tries it.
set -eu
docker build --tag "$IMAGE" .
docker push "$IMAGE"
docker run --rm "$IMAGE" --version
