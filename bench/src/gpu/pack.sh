#!/bin/sh
# Packs what a Linux machine with a GPU but without Java and Maven needs, into bench/target/gpu/greg-gpu and
# bench/target/gpu/greg-gpu.tar.gz: a small Java, the benchmarks, the kernel tests, and run.sh to start them.
#
#   mvn -q -DskipTests package && sh bench/src/gpu/pack.sh
#
# Needs a JDK (JAVA_HOME, or the one of `java`) for this platform and Maven, which fetches JUnit's console launcher.
set -eu
root=$(cd "$(dirname "$0")/../../.." && pwd)
out=$root/bench/target/gpu
bundle=$out/greg-gpu
junit=1.14.1
jdk=${JAVA_HOME:-$(dirname "$(dirname "$(readlink -f "$(command -v java)")")")}

for file in "$root/bench/target/benchmarks.jar" "$root"/kernels/target/greg-kernels-*-tests.jar; do
    [ -f "$file" ] || { echo "pack.sh: $file is missing; run mvn -q -DskipTests package first" >&2; exit 1; }
done
rm -rf "$out"
mkdir -p "$bundle/lib" "$out/jar"

# the modules that greg, JMH and JUnit use; jlink takes nothing else along
"$jdk/bin/jlink" --add-modules java.base,java.logging,java.management,java.xml,jdk.management,jdk.unsupported,jdk.zipfs \
    --compress=2 --strip-java-debug-attributes --no-header-files --no-man-pages --output "$bundle/java"

# the GPU's part of the benchmarks: without oneDNN and the bundled images, and without other platforms' libraries
(
    cd "$out/jar"
    "$jdk/bin/jar" xf "$root/bench/target/benchmarks.jar"
    rm -rf org/bytedeco/*/*-x86_64 greg/datasets/fashion-mini lib/libJCudaRuntime-*
    find com/sun/jna -mindepth 1 -maxdepth 1 -type d -name '*-*' ! -name linux-x86-64 -exec rm -rf {} +
    "$jdk/bin/jar" cfm "$bundle/lib/benchmarks.jar" META-INF/MANIFEST.MF .
)
cp "$root"/kernels/target/greg-kernels-*-tests.jar "$bundle/lib/kernels-tests.jar"
mvn -q -f "$root/pom.xml" -N org.apache.maven.plugins:maven-dependency-plugin:3.9.0:copy \
    -Dartifact=org.junit.platform:junit-platform-console-standalone:$junit -DoutputDirectory="$out"
mv "$out/junit-platform-console-standalone-$junit.jar" "$bundle/lib/junit.jar"
cp "$root/bench/src/gpu/run.sh" "$root/bench/src/gpu/penalty_torch.py" "$bundle"
rm -rf "$out/jar"
tar -C "$out" -czf "$out/greg-gpu.tar.gz" greg-gpu
du -sm "$bundle" "$out/greg-gpu.tar.gz" | sed 's/\t/ MiB /'
