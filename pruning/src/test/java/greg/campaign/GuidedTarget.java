package greg.campaign;

import java.nio.file.Path;

/** A target as jazzer calls it: refusals are results, everything else that is thrown is a finding. */
public final class GuidedTarget {
    private static Target.Reader reader;

    private GuidedTarget() {}

    /** Called once; properties say which target, and where it may write. */
    public static void fuzzerInitialize() throws Exception {
        Path scratch = Path.of(System.getProperty("greg.campaign.scratch"));
        reader = Targets.named(System.getProperty("greg.campaign.target")).open(scratch);
    }

    /** Called for each input. */
    public static void fuzzerTestOneInput(byte[] input) throws Throwable {
        try {
            reader.read(input);
        } catch (Throwable e) {
            if (!Worker.refusal(e)) throw e;
        }
    }
}
