package greg.pruning.course;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.annotation.JsonProperty;
import greg.pruning.growth.GrowthTimes;
import greg.pruning.report.LayerSize;
import greg.pruning.run.MetricsRecord;
import greg.pruning.run.PlanFile;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** The pages that explain a run's records name every key that runs write. */
class RecordsPageTest {
    @Test
    void everyKeyOfMetricsAndPlanIsExplained() throws IOException {
        Path docs = Path.of("").toAbsolutePath().getParent().resolve("docs");
        String text = Files.readString(docs.resolve("run-folder.md"))
                + Files.readString(docs.resolve("course/6-reading-a-run.md"));
        Set<String> keys = new TreeSet<>();
        for (Class<?> record : MetricsRecord.class.getDeclaredClasses()) addKeys(record, keys);
        addKeys(PlanFile.class, keys);
        addKeys(LayerSize.class, keys);
        addKeys(GrowthTimes.class, keys);
        addKeys(GrowthTimes.Layer.class, keys);
        keys.removeIf(key -> text.contains("`" + key + "`"));
        assertEquals(Set.of(), keys, "keys that no page explains");
    }

    private static void addKeys(Class<?> record, Set<String> keys) {
        if (!record.isRecord()) return;
        for (RecordComponent component : record.getRecordComponents()) {
            JsonProperty renamed = component.getAccessor().getAnnotation(JsonProperty.class);
            String snake = component.getName().replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT);
            keys.add(renamed == null || renamed.value().isEmpty() ? snake : renamed.value());
        }
    }
}
