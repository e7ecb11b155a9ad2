package greg.campaign;

/** A target as jazzer calls it: refusals are results, everything else that is thrown is a finding. */
public final class GuidedTarget {
    private static Target.Reader reader;

    private GuidedTarget() {}

    /** Called once; the property says which target. */
    public static void fuzzerInitialize() throws Exception {
        reader = Targets.named(System.getProperty("greg.campaign.target")).open(Options.scratch("greg-guided"));
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
