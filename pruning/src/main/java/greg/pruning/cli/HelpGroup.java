package greg.pruning.cli;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * The heading below which {@code --help} lists an option: of the field, or else of the class that declares it. Options
 * without one are the command's own and come first.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.FIELD, ElementType.TYPE})
@interface HelpGroup {
    /** Which one. */
    Heading value();

    /** All headings, in the order of the help. */
    enum Heading {
        NETWORK("Network"),
        DATA("Data"),
        WHAT_GOES("What goes"),
        GROWTH("Growth"),
        TRAINING("Training"),
        FINETUNING("Finetuning"),
        RUN("Run");

        private final String title;

        Heading(String title) {
            this.title = title;
        }

        /** As the help has it. */
        String title() {
            return title;
        }
    }
}
