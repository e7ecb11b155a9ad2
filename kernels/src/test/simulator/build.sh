#!/bin/sh
# Builds the software CUDA device: build.sh SOURCES OUTPUT, e.g. build.sh kernels/src/test/simulator kernels/target/simulator.
# Only what changed is compiled again; a changed header compiles its library again. Without g++ nothing is built, and
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
# what another machine or compiler has built is built again
# shellcheck disable=SC2086 # the flags are words on purpose
target=$(g++ $native -Q --help=target 2> /dev/null | cksum)
[ "$(cat "$output/objects/target" 2> /dev/null)" = "$target" ] || rm -f "$output"/objects/*.o
echo "$target" > "$output/objects/target"

# library NAME DIRECTORIES: all sources of the directories in one file, which is also its soname. Symbol versions are
# those of NAME.map in the first directory, if there is one. All but the driver are linked to the driver, for its
# extension.h, the only header that they share.
library() {
  library=$output/$1
  map=$sources/${2%% *}/$1.map
  links=
  [ "$1" = libcuda.so.1 ] || links="$output/libcuda.so.1"
  [ ! -f "$map" ] || links="$links -Wl,--version-script=$map"
  shared="$sources/build.sh $sources/driver/extension.h"
  for directory in $2; do shared="$shared $(find "$sources/$directory" -name '*.hpp' -o -name '*.map')"; done
  objects=
  for directory in $2; do
    for source in "$sources/$directory"/*.cpp; do
      object="$output/objects/${directory}_$(basename "$source" .cpp).o"
      objects="$objects $object"
      # shellcheck disable=SC2086 # files and flags are words on purpose
      if [ ! -f "$object" ] || [ -n "$(find "$source" $shared -newer "$object")" ]; then
        g++ $flags -c "$source" -o "$object"
      fi
    done
  done
  # shellcheck disable=SC2086 # so are the objects; moved into place so that an interrupted build leaves nothing half written
  if [ ! -f "$library" ] || [ -n "$(find $objects -newer "$library")" ]; then
    g++ -shared -Wl,-soname,"$1" -Wl,--no-undefined -Wl,--exclude-libs,ALL -static-libstdc++ -static-libgcc $objects $links \
      -o "$library.new"
    mv "$library.new" "$library"
  fi
}

library libcuda.so.1 "device driver ops ptx"
library libcublasLt.so.12 "cublaslt"
library libcublasLt.so.13 "cublaslt"
library libcublas.so.12 "cublas12 cublas"
library libcublas.so.13 "cublas13 cublas"
library libcudnn.so.9 "cudnn"
library libnccl.so.2 "nccl"
