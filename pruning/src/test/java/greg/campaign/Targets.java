package greg.campaign;

import greg.datasets.fetch.Unpack;
import java.util.List;

/** All targets. */
final class Targets {
    /** Read in microseconds. */
    static final List<Target> FAST = List.of(
            new CheckpointTargets.AnySafetensors(),
            new CheckpointTargets.DamagedSafetensors(),
            new CheckpointTargets.TorchZip(),
            new CheckpointTargets.TorchLegacy(),
            new ArchiveTarget(Unpack.TAR_GZ),
            new ArchiveTarget(Unpack.ZIP),
            new DatasetTargets.Image("png"),
            new DatasetTargets.Image("jpg"),
            new DatasetTargets.Image("bmp"),
            new DatasetTargets.Image("gif"),
            new DatasetTargets.IdxImages(),
            new DatasetTargets.CifarImages(),
            new RunTargets.Report("config.json"),
            new RunTargets.Report("report.json"),
            new RunTargets.Report("metrics.jsonl"),
            new RunTargets.State());

    /** Read, and then used by a run of a second. */
    static final List<Target> SLOW = List.of(
            new RunTargets.ResumedState(),
            new RunTargets.Resumed("config.json"),
            new RunTargets.Resumed("plan.json"),
            new RunTargets.Resumed("metrics.jsonl"));

    private Targets() {}

    /** The target of a name. */
    static Target named(String name) {
        for (List<Target> some : List.of(FAST, SLOW)) {
            for (Target target : some) if (target.name().equals(name)) return target;
        }
        throw new IllegalArgumentException("no target " + name);
    }
}
