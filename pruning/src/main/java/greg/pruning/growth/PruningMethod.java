package greg.pruning.growth;

/** How the groups to remove are chosen and how they fade ({@code --method}). */
public enum PruningMethod {
    /** One shot: the smallest L1 scores of the base model go at once, without any training in between. */
    L1("L1"),
    /** Groups chosen first, by L1; then only their penalty grows (eq. 2): isolates the effect of the schedule. */
    GREG_1("GReg-1"),
    /** Everybody's penalty grows a little (eq. 9), then the smallest are picked, and their penalty grows on. */
    GREG_2("GReg-2"),
    /** Groups chosen first, by L1; then a constant penalty: the control experiment of growing. */
    FIX_REG("FixReg");

    private final String cliName;

    PruningMethod(String cliName) {
        this.cliName = cliName;
    }

    /** The name on the command line and in run folders. */
    public String cliName() {
        return cliName;
    }

    /** True if the groups are chosen from the initial weights, false if they are picked on the way (GReg-2). */
    public boolean choosesFirst() {
        return this != GREG_2;
    }

    /** The method of that exact name; IllegalArgumentException naming the known ones otherwise. */
    public static PruningMethod parse(String text) {
        return CliNames.parse("--method", PruningMethod.class, PruningMethod::cliName, text);
    }
}
