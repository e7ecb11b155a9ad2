package greg.campaign;

import greg.datasets.fetch.Unpack;
import java.util.List;

/** All targets. */
final class Targets {
    /** Files that are read in microseconds. */
    static final List<Target> FILES = List.of(
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
            new DatasetTargets.CifarImages());

    /** Files of a run, which are read in milliseconds. */
    static final List<Target> RUNS = List.of(
            new RunTargets.Report("config.json"),
            new RunTargets.Report("report.json"),
            new RunTargets.Report("metrics.jsonl"),
            new RunTargets.State());

    /** Files that a run needs to be resumed, which takes a second. */
    static final List<Target> RESUMED = List.of(
            new RunTargets.ResumedState(),
            new RunTargets.Resumed("config.json"),
            new RunTargets.Resumed("plan.json"),
            new RunTargets.Resumed("metrics.jsonl"));

    private Targets() {}

    /** The target of a name. */
    static Target named(String name) {
        for (List<Target> some : List.of(FILES, RUNS, RESUMED)) {
            for (Target target : some) if (target.name().equals(name)) return target;
        }
        throw new IllegalArgumentException("no target " + name);
    }
}
