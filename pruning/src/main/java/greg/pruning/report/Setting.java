package greg.pruning.report;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * The settings of a run, and what each decides: the one place that says so. Resuming uses it to tell what may differ,
 * reports to tell which results are comparable.
 */
public enum Setting {
    METHOD(Role.EXPERIMENT),
    ARCH(Role.EXPERIMENT),
    DATASET(Role.EXPERIMENT),
    GRANULARITY(Role.EXPERIMENT, "wg"),
    BASE_PR_MODEL(Role.EXPERIMENT),
    RATIOS(Role.EXPERIMENT, "stage-pr"),
    SKIP_LAYERS(Role.EXPERIMENT),
    PRUNE_COUPLED(Role.EXPERIMENT),
    GLOBAL(Role.EXPERIMENT),
    ROUND_TO(Role.EXPERIMENT),
    SCORE(Role.EXPERIMENT),
    PICK_PRUNED(Role.EXPERIMENT),
    REINIT(Role.EXPERIMENT),

    WEIGHTS(Role.TRAINING),
    INHERIT_PRUNED(Role.TRAINING),
    IMAGE_SIZE(Role.TRAINING),
    SKIP_BAD_IMAGES(Role.TRAINING),
    FAST_DECODE(Role.TRAINING),
    MEAN(Role.TRAINING),
    STD(Role.TRAINING),
    AUGMENT(Role.TRAINING),
    PRECISION(Role.TRAINING),
    SYNC_BN(Role.TRAINING),
    DETERMINISTIC(Role.TRAINING),
    SEED(Role.TRAINING),
    LR(Role.TRAINING),
    LR_FT(Role.TRAINING),
    EPOCHS(Role.TRAINING),
    BATCH_SIZE(Role.TRAINING),
    OPTIMIZER(Role.TRAINING),
    WEIGHT_DECAY(Role.TRAINING),
    MOMENTUM(Role.TRAINING),
    NO_FINETUNE(Role.TRAINING),
    BASE_EPOCHS(Role.TRAINING),
    BASE_LR(Role.TRAINING),
    MAX_ITERATIONS(Role.TRAINING),

    SEMANTICS(Role.GROWTH),
    LR_PRUNE(Role.GROWTH),
    BATCH_SIZE_PRUNE(Role.GROWTH),
    UPDATE_REG_INTERVAL(Role.GROWTH),
    STABILIZE_REG_INTERVAL(Role.GROWTH),
    REG_UPPER_LIMIT(Role.GROWTH),
    REG_UPPER_LIMIT_PICK(Role.GROWTH),
    REG_GRANULARITY_PICK(Role.GROWTH),
    REG_GRANULARITY_PRUNE(Role.GROWTH),
    REG_GRANULARITY_RECOVER(Role.GROWTH),
    MAG_RATIO_LIMIT(Role.GROWTH),
    BLOCK_LOSS_GRAD(Role.GROWTH),

    PRESET(Role.REPORT),
    ONE_SHOT(Role.REPORT),
    LOG_INTERVAL(Role.REPORT),
    TEST_INTERVAL(Role.REPORT),
    SCORES_AT(Role.REPORT),
    TARGET_SPEEDUP(Role.REPORT),
    TARGET_LATENCY(Role.REPORT),
    TARGET_BATCH(Role.REPORT),

    CLASS_PATH(Role.MACHINE),
    DATA(Role.MACHINE),
    DEVICE(Role.MACHINE),
    THREADS(Role.MACHINE),
    WORKERS(Role.MACHINE),
    NO_GRAPH(Role.MACHINE),
    PARALLEL(Role.MACHINE),
    CHECKPOINT_INTERVAL(Role.MACHINE),
    ALLOW_NONFINITE(Role.MACHINE),
    DEBUG(Role.MACHINE),

    OUT(Role.FOLDER),
    FORCE(Role.FOLDER),
    RESUME(Role.FOLDER),
    CONFIG(Role.FOLDER),
    SEEDS(Role.FOLDER);

    /** What a setting decides. */
    public enum Role {
        /** What is done to which network: another value makes it another experiment. */
        EXPERIMENT,
        /** How it is trained, and on what: another value gives other numbers of the same experiment. */
        TRAINING,
        /** As {@link #TRAINING}, but only while a penalty grows: L1 in one shot has no such phase. */
        GROWTH,
        /** What is recorded, or shown beside the result, or a name for several other settings. */
        REPORT,
        /** Where data and code are, which device computes, how often state is saved, what is let in: may change on resuming. */
        MACHINE,
        /** Where the run is kept, or which runs are made of one command. */
        FOLDER;

        /** Whether it decides results. */
        public boolean decides() {
            return this == EXPERIMENT || this == TRAINING || this == GROWTH;
        }
    }

    private final Role role;
    private final String written;

    Setting(Role role) {
        this.role = role;
        written = name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    Setting(Role role, String written) {
        this.role = role;
        this.written = written;
    }

    /** What it decides. */
    public Role role() {
        return role;
    }

    /** The name in config.json and in the reference implementation, e.g. {@code lr-prune}. */
    public String written() {
        return written;
    }

    /** The name in Java code, with which error messages begin, e.g. {@code lrPrune}. */
    public String inJava() {
        StringBuilder camel = new StringBuilder();
        for (String word : name().toLowerCase(Locale.ROOT).split("_")) {
            camel.append(camel.isEmpty() ? word : word.substring(0, 1).toUpperCase(Locale.ROOT) + word.substring(1));
        }
        return camel.toString();
    }

    /** All of a role, in their order. */
    public static List<Setting> of(Role role) {
        return Arrays.stream(values()).filter(s -> s.role == role).toList();
    }

    /** The setting of that written name, or null: options of an earlier version may be unknown to this one. */
    public static Setting ofWritten(String name) {
        return Arrays.stream(values())
                .filter(s -> s.written.equals(name))
                .findFirst()
                .orElse(null);
    }
}
