#!/bin/sh
# A training step of greg on the CPU in turns with the same step of every peer that this machine has, and the ratios:
#
#   mvn -q -Ppeers -DskipTests package
#   sh bench/src/cpu/steps.sh resnet56:128 4 8          4 rounds of 8 steps of each
#   sh bench/src/cpu/steps.sh resnet56:128:bf16 4 8     the same with bfloat16 activations
#
# PYTHON is the interpreter of PyTorch 2 (python3 if not set), PYTHON_OLD that of another PyTorch (left out if not set). libtorch through
# DJL takes part where the profile peers has built it in; it knows the CIFAR ResNets, in float32.
set -eu
[ $# -eq 3 ] || { echo "usage: steps.sh NETWORK:BATCH[:bf16] ROUNDS SAMPLES" >&2; exit 2; }
root=$(cd "$(dirname "$0")/../../.." && pwd)
jar=$root/bench/target/benchmarks.jar
script=$root/bench/src/gpu/step_torch.py
[ -f "$jar" ] || { echo "steps.sh: $jar is missing; run mvn -q -Ppeers -DskipTests package first" >&2; exit 1; }
modes=eager,channels_last,compile
case $1 in *:bf16) modes=channels_last,amp,amp_compile ;; esac
set -- "$@" --peer "$modes" "${PYTHON:-python3}" "$script" --device cpu
[ -z "${PYTHON_OLD:-}" ] || case $1 in
    *:bf16) set -- "$@" --peer amp "$PYTHON_OLD" "$script" --device cpu ;;
    *) set -- "$@" --peer channels_last "$PYTHON_OLD" "$script" --device cpu ;;
esac
case $1 in resnet20:*:bf16 | resnet56:*:bf16) ;; resnet20:* | resnet56:*)
    if jar tf "$jar" | grep -q greg/bench/peers/TorchAnswers.class; then
        set -- "$@" --peer channels_last java -cp "$jar" greg.bench.peers.TorchAnswers
    fi ;;
esac
exec java -cp "$jar" greg.bench.gpu.StepCpu "$@"
