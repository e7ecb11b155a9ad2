#!/bin/sh
# Runs tests and benchmarks on this machine's GPU, from the folder that pack.sh made.
#
#   sh run.sh all FOLDER                 everything below but jmh and prune, in this order, within ten minutes
#   sh run.sh devices FOLDER             which libraries were found where
#   sh run.sh tests FOLDER               the tests of kernels, tensors, training and pruning; fails where no GPU runs them
#   sh run.sh step FOLDER                training steps, in turns with PyTorch's where python3 has it
#   sh run.sh bench FOLDER               the update's kernels beside a copy, then PyTorch's update
#   sh run.sh sanitizer FOLDER           a short training under compute-sanitizer, where it is installed
#   sh run.sh jmh FOLDER                 JMH's PenaltyBench, which times calls with the wait for them
#   sh run.sh prune FOLDER DATA [...]    GReg-1 with a ResNet-56 at the paper's settings for CIFAR-10: DATA has the binary files of
#                                        CIFAR-10, or folders of images as `greg prune --dataset imagefolder` wants them; further
#                                        options go to `greg prune`, such as --weights
#
# Logs and results go into FOLDER, a line for each part into FOLDER/summary.txt. The exit status is 1 if a part failed, ran out of
# its time, or missed a goal, and 2 if the arguments are wrong.
#
# GREG_JAVA_OPTS adds options to Java's; GREG_CUDA=software says that libcuda.so.1 in LD_LIBRARY_PATH is the software device of the
# tests, which checks everything and times nothing. GREG_STEP, GREG_BENCH, GREG_TORCH and GREG_TESTS add options to those of StepGpu,
# PenaltyGpu (in place of -p arch=... to JMH's), penalty_torch.py and JUnit's launcher. GREG_SCALE multiplies the time of each part.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
usage() {
    echo "run.sh: expected: sh run.sh all|devices|tests|step|bench|sanitizer|jmh FOLDER, or prune FOLDER DATA, got '$*'" >&2
    exit 2
}
[ $# -ge 2 ] || usage "$@"
part=$1
case $part in prune) [ $# -ge 3 ] || usage "$@" ;; *) [ $# -eq 2 ] || usage "$@" ;; esac
mkdir -p "$2"
out=$(cd "$2" && pwd)
java="$here/java/bin/java"
cuda=${GREG_CUDA:-hardware}
options="-XX:+UseSerialGC -Djava.awt.headless=true -Dgreg.cuda=$cuda ${GREG_JAVA_OPTS:-}"

# the driver may lie where only the loader's cache knows
known=$(ldconfig -p 2>/dev/null | sed -n 's|.*libcuda\.so\.1 (.*x86-64.*=> \(.*\)/libcuda\.so\.1$|\1|p' | head -n 1)
folders=${LD_LIBRARY_PATH:-}${known:+:$known}
[ -n "$folders" ] && options="$options -Dgreg.cuda.libraries=$folders"

has_torch() { python3 -c 'import torch' 2> /dev/null; }

# with_time SECONDS COMMAND: ends it, and what it has started, when its time is over
with_time() {
    seconds=$(($1 * ${GREG_SCALE:-1}))
    shift
    if command -v timeout > /dev/null 2>&1; then timeout -k 10 "$seconds" "$@"; else "$@"; fi
}

# shellcheck disable=SC2086 # options are words on purpose, here and below
main() { "$java" -Xmx8g $options -cp "$here/lib/benchmarks.jar" "$@"; }

# tests MODULE JUNIT_OPTIONS
# shellcheck disable=SC2086
tests() {
    module=$1
    shift
    # plans are not measured: several processes share the device
    "$java" -Xmx4g $options -Dgreg.cuda.measured=1 -Dgreg.require=cuda -Dgreg.device=cuda -Dgreg.precision=fp32 -Dgreg.deterministic=true \
        -cp "$here/lib/junit.jar:$here/lib/benchmarks.jar:$here/lib/kernels-tests:$here/lib/$module-tests" \
        org.junit.platform.console.ConsoleLauncher execute --scan-classpath "$here/lib/$module-tests" "$@" ${GREG_TESTS:-} \
        --disable-banner --fail-if-no-tests --details=tree --disable-ansi-colors > "$out/tests-$module.log" 2>&1
}

# At the same time, one process a module. Not those of greg.kernels.cpu, which need oneDNN, nor those of the software device itself, nor
# those that need NVIDIA's compiler, nor those that read the source tree.
run_tests() {
    tests kernels --exclude-package greg.kernels.cpu --exclude-package greg.kernels.cuda.simulator \
        --exclude-classname 'greg\.kernels\.cuda\.(AssemblerTest|SimulatorSourcesTest|KernelsPageTest)' & kernels=$!
    tests tensor --exclude-classname 'greg\.tensor\.op\.RecipeTest' & tensor=$!
    tests nn & nn=$!
    tests pruning --exclude-classname 'greg\.pruning\.ExamplesTest' & pruning=$!
    status=0
    for process in $kernels $tensor $nn $pruning; do wait "$process" || status=1; done
    for module in kernels tensor nn pruning; do
        echo "$module: $(grep -E 'tests (successful|failed|skipped)' "$out/tests-$module.log" | tr -s ' []\n' ' ')"
        grep -E 'TESTING|SKIPPED|✘' "$out/tests-$module.log" | sort -u | head -n 40 || true
    done
    return $status
}

# shellcheck disable=SC2086
run_step() {
    torch=
    if [ "$cuda" = hardware ] && has_torch; then torch="python3 $here/step_torch.py"; fi
    main greg.bench.gpu.StepGpu --out "$out" --torch "$torch" ${GREG_STEP:-}
    ! grep -q '| FAIL |$' "$out/step-gpu.md"
}

# shellcheck disable=SC2086
run_bench() {
    main greg.bench.gpu.PenaltyGpu --out "$out" ${GREG_BENCH:-}
    [ "$cuda" = hardware ] || GREG_TORCH="--device cpu ${GREG_TORCH:-}"
    if has_torch; then
        python3 "$here/penalty_torch.py" "$out" ${GREG_TORCH:-}
    else
        echo "run.sh: python3 has no PyTorch here: no comparison with it"
    fi
}

# shellcheck disable=SC2086
run_sanitizer() {
    if ! command -v compute-sanitizer > /dev/null 2>&1; then
        echo "run.sh: compute-sanitizer is not on the PATH: not run"
        return 0
    fi
    compute-sanitizer --tool memcheck --error-exitcode 9 "$java" -Xmx8g $options -cp "$here/lib/benchmarks.jar" \
        greg.bench.gpu.StepGpu --out "$out/sanitizer" --networks resnet8:16 --samples 1 --warmup 3 --rounds 1 --images 64 --scratch 1
}

# shellcheck disable=SC2086
run_jmh() {
    "$java" -Xmx8g $options -jar "$here/lib/benchmarks.jar" PenaltyBench -p device=cuda -p threads=1 \
        -jvmArgsPrepend "$options" -rf json -rff "$out/penalty-jmh.json" ${GREG_BENCH:--p arch=resnet50,resnet56}
}

run_prune() {
    data=$1
    shift
    kind=imagefolder
    [ -f "$data/data_batch_1.bin" ] && kind=cifar10
    main greg.pruning.cli.Main prune --preset "${GREG_PRESET:-resnet56-cifar10-0.5-greg1}" --dataset $kind --data "$data" \
        --device cuda --out "$out/prune" "$@"
}

run_devices() {
    main greg.pruning.cli.Main devices > "$out/devices.txt"
    cat "$out/devices.txt"
    if command -v nvidia-smi > /dev/null 2>&1; then nvidia-smi | tee "$out/nvidia-smi.txt"; fi
}

# timed PART SECONDS: runs it in a process of its own and adds its line to the summary
timed() {
    start=$(date +%s)
    status=0
    with_time "$2" sh "$here/run.sh" "$1" "$out" > "$out/$1.log" 2>&1 || status=$?
    case $status in
    0) word=ok ;;
    124 | 137) word="out of time" ;;
    *) word=FAILED ;;
    esac
    [ $status -eq 0 ] || failed=1
    echo "$1: $word, $(($(date +%s) - start)) s (log: $1.log)" | tee -a "$out/summary.txt"
}

case $part in
all)
    failed=0
    : > "$out/summary.txt"
    timed devices 20
    timed tests 170
    # the goals' networks; compiling takes PyTorch minutes
    GREG_STEP="--networks resnet56:128,resnet50:128 --torch-seconds 60 --torch-total 140 ${GREG_STEP:-}"
    export GREG_STEP
    timed step 280
    timed bench 80
    timed sanitizer 40
    if [ -f "$out/step-gpu.md" ]; then grep -E '\| (PASS|FAIL|not measured) \|$' "$out/step-gpu.md" | tee -a "$out/summary.txt"; fi
    exit $failed
    ;;
devices | tests | step | bench | sanitizer | jmh)
    "run_$part"
    ;;
prune)
    data=$3
    shift 3
    limit=300
    start=$(date +%s)
    run_prune "$data" "$@" 2>&1 | tee "$out/prune.log"
    seconds=$(($(date +%s) - start))
    [ -f "$out/prune/report.json" ] || { echo "run.sh: the run did not end with a report" >&2; exit 1; }
    verdict=PASS
    [ $seconds -lt $limit ] || verdict=FAIL
    [ "$cuda" = hardware ] || verdict="not measured"
    echo "prune: $seconds s, goal: under $limit s: $verdict" | tee -a "$out/summary.txt"
    [ "$verdict" != FAIL ]
    ;;
*)
    usage "$@"
    ;;
esac
