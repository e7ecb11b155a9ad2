#!/bin/sh
# Packs what a Linux machine with a GPU but without Java and Maven needs, into bench/target/gpu/greg-gpu and
# bench/target/gpu/greg-gpu.tar.gz: a small Java, greg with its benchmarks, the tests of four modules, and run.sh to start them.
#
#   mvn -q -DskipTests package && sh bench/src/gpu/pack.sh
#
# Needs a JDK (JAVA_HOME, or the one of `java`) for this platform and Maven, which fetches JUnit's console launcher.
set -eu
root=$(cd "$(dirname "$0")/../../.." && pwd)
out=$root/bench/target/gpu
bundle=$out/greg-gpu
junit=1.14.1
most=64
jdk=${JAVA_HOME:-$(dirname "$(dirname "$(readlink -f "$(command -v java)")")")}

modules="kernels tensor nn pruning"
[ -f "$root/bench/target/benchmarks.jar" ] || { echo "pack.sh: $root/bench/target/benchmarks.jar is missing; run mvn -q -DskipTests package first" >&2; exit 1; }
for module in $modules; do
    [ -f "$(echo "$root/$module"/target/greg-"$module"-*-tests.jar)" ] || {
        echo "pack.sh: expected one file $module/target/greg-$module-*-tests.jar; run mvn -q -DskipTests package first" >&2
        exit 1
    }
done
rm -rf "$out"
mkdir -p "$bundle/lib" "$out/jar"

# the modules that greg, JMH and JUnit use, java.desktop to decode images; jlink takes nothing else along
"$jdk/bin/jlink" --add-modules java.base,java.desktop,java.logging,java.management,java.net.http,java.sql,java.xml,jdk.management,jdk.unsupported,jdk.zipfs \
    --compress=2 --strip-java-debug-attributes --no-header-files --no-man-pages --output "$bundle/java"

# greg and the benchmarks: without oneDNN, NVIDIA's compiler, and other platforms' libraries
(
    cd "$out/jar"
    "$jdk/bin/jar" xf "$root/bench/target/benchmarks.jar"
    rm -rf org/bytedeco/*/*-x86_64 lib/libJCudaRuntime-* lib/libJNvPTXCompiler-*
    find com/sun/jna -mindepth 1 -maxdepth 1 -type d -name '*-*' ! -name linux-x86-64 -exec rm -rf {} +
    "$jdk/bin/jar" cfm "$bundle/lib/benchmarks.jar" META-INF/MANIFEST.MF .
)
# as folders: some tests read files that lie beside their classes
for module in $modules; do
    mkdir "$bundle/lib/$module-tests"
    (cd "$bundle/lib/$module-tests" && "$jdk/bin/jar" xf "$root/$module"/target/greg-"$module"-*-tests.jar)
done
mvn -q -f "$root/pom.xml" -N org.apache.maven.plugins:maven-dependency-plugin:3.9.0:copy \
    -Dartifact=org.junit.platform:junit-platform-console-standalone:$junit -DoutputDirectory="$out"
mv "$out/junit-platform-console-standalone-$junit.jar" "$bundle/lib/junit.jar"
for file in run.sh penalty_torch.py step_torch.py; do cp "$root/bench/src/gpu/$file" "$bundle"; done
rm -rf "$out/jar"
tar -C "$out" -cf - greg-gpu | gzip -9 > "$out/greg-gpu.tar.gz"
du -sm "$bundle" "$out/greg-gpu.tar.gz" | sed 's/\t/ MiB /'
if [ "$(du -sm "$out/greg-gpu.tar.gz" | cut -f 1)" -gt $most ]; then
    echo "pack.sh: $out/greg-gpu.tar.gz is larger than $most MiB, which is what can be carried" >&2
    exit 1
fi
