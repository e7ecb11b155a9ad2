#!/bin/sh
# Runs the kernel tests or the benchmarks on this machine's GPU, from the folder that pack.sh made.
#
#   sh run.sh tests FOLDER     every kernel against the reference backend; fails where no GPU runs them
#   sh run.sh bench FOLDER     times beside a copy, then PyTorch's, where python3 has it
#   sh run.sh jmh FOLDER       JMH's PenaltyBench, which times calls with the wait for them
#
# Logs and results go into FOLDER. GREG_JAVA_OPTS adds options to Java's; GREG_CUDA=software says that libcuda.so.1 in
# LD_LIBRARY_PATH is the software device of the tests, which checks everything and times nothing. GREG_BENCH adds
# options to the benchmark's (in place of -p arch=... to JMH's), GREG_TORCH to those of penalty_torch.py.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
[ $# -eq 2 ] || { echo "run.sh: expected: sh run.sh tests|bench|jmh FOLDER" >&2; exit 2; }
mkdir -p "$2"
out=$(cd "$2" && pwd)
java="$here/java/bin/java"
cuda=${GREG_CUDA:-hardware}
options="-Xmx8g -XX:+UseSerialGC -Dgreg.cuda=$cuda ${GREG_JAVA_OPTS:-}"

# the driver may lie where only the loader's cache knows
known=$(ldconfig -p 2>/dev/null | sed -n 's|.*libcuda\.so\.1 (.*x86-64.*=> \(.*\)/libcuda\.so\.1$|\1|p' | head -n 1)
folders=${LD_LIBRARY_PATH:-}${known:+:$known}
[ -n "$folders" ] && options="$options -Dgreg.cuda.libraries=$folders"

case $1 in
tests)
    # not those of greg.kernels.cpu, which need oneDNN, nor those of the software device itself
    # shellcheck disable=SC2086
    "$java" $options -Dgreg.require=cuda \
        -cp "$here/lib/junit.jar:$here/lib/benchmarks.jar:$here/lib/kernels-tests.jar" \
        org.junit.platform.console.ConsoleLauncher execute --select-package greg.kernels \
        --exclude-package greg.kernels.cpu --exclude-package greg.kernels.cuda.simulator \
        --disable-banner --fail-if-no-tests --details=tree --disable-ansi-colors > "$out/tests.log" 2>&1 || failed=$?
    grep -E 'TESTING|SKIPPED|\[X\]' "$out/tests.log" | sort -u | head -n 40 || true
    tail -n 14 "$out/tests.log"
    exit "${failed:-0}"
    ;;
bench)
    # shellcheck disable=SC2086
    "$java" $options -cp "$here/lib/benchmarks.jar" greg.bench.gpu.PenaltyGpu --out "$out" ${GREG_BENCH:-}
    [ "$cuda" = hardware ] || GREG_TORCH="--device cpu ${GREG_TORCH:-}"
    if python3 -c 'import torch' 2>/dev/null; then
        # shellcheck disable=SC2086
        python3 "$here/penalty_torch.py" "$out" ${GREG_TORCH:-}
    else
        echo "run.sh: python3 has no PyTorch here: no comparison with it"
    fi
    ;;
jmh)
    # shellcheck disable=SC2086
    "$java" $options -jar "$here/lib/benchmarks.jar" PenaltyBench -p device=cuda -p threads=1 \
        -jvmArgsPrepend "$options" -rf json -rff "$out/penalty-jmh.json" ${GREG_BENCH:--p arch=resnet50,resnet56}
    ;;
*)
    echo "run.sh: expected tests, bench or jmh, got $1" >&2
    exit 2
    ;;
esac
