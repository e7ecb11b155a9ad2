#!/bin/sh
# Builds the software CUDA device: build.sh SOURCES OUTPUT, e.g. build.sh kernels/src/test/simulator kernels/target/simulator.
# Only what changed is compiled again; a changed header compiles everything again. Without g++ nothing is built, and
# the tests that need the device say so and are skipped.
set -eu
sources=$1
output=$2
# warnings are errors with the compiler the sources were written for; a newer one may have new warnings
strict=
case $(g++ -dumpversion 2> /dev/null) in 12*) strict=-Werror ;; esac
# for this machine, on which it runs too: the loops over the lanes of a warp become vector instructions
native=
! echo | g++ -march=native -E - > /dev/null 2>&1 || native=-march=native
flags="-std=c++17 -O3 -fno-tree-slp-vectorize $native -g1 -Wall -Wextra $strict -fPIC -fwrapv -fno-strict-aliasing -fno-trapping-math -ffp-contract=off -frounding-math -fvisibility=hidden -I$sources"

if ! command -v g++ > /dev/null 2>&1; then
  echo "no g++: the software CUDA device is not built, its tests are skipped" >&2
  exit 0
fi
mkdir -p "$output/objects"
newest_header=$(find "$sources" \( -name '*.h' -o -name '*.hpp' -o -name build.sh \) -newer "$output/libcuda.so.1" 2> /dev/null | head -n 1 || true)
[ -f "$output/libcuda.so.1" ] || newest_header=all
# what another machine or compiler has built is built again
# shellcheck disable=SC2086
target=$(g++ $native -Q --help=target 2> /dev/null | cksum)
[ "$(cat "$output/objects/target" 2> /dev/null)" = "$target" ] || newest_header=all
echo "$target" > "$output/objects/target"
objects=
changed=
for source in "$sources"/*/*.cpp; do
  name=$(basename "$(dirname "$source")")_$(basename "$source" .cpp)
  object="$output/objects/$name.o"
  objects="$objects $object"
  if [ -n "$newest_header" ] || [ ! -f "$object" ] || [ -n "$(find "$source" -newer "$object")" ]; then
    # shellcheck disable=SC2086 # the flags are words on purpose
    g++ $flags -c "$source" -o "$object"
    changed=yes
  fi
done
if [ -n "$changed" ]; then
  # shellcheck disable=SC2086 # and so are the objects; moved into place so that an interrupted build leaves nothing half written
  g++ -shared -Wl,-soname,libcuda.so.1 -Wl,--no-undefined -Wl,--exclude-libs,ALL -static-libstdc++ -static-libgcc $objects -o "$output/libcuda.so.1.new"
  mv "$output/libcuda.so.1.new" "$output/libcuda.so.1"
fi
