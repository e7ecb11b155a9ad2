package greg.pruning.study;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;

class FigureTest {
    private static Figure figure() {
        return new Figure("a < b & c", Figure.Axis.linear("x"), Figure.Axis.logarithmic("y"))
                .line("line", new double[] {0, 1, 2}, new double[] {1, 10, 100})
                .points("points", new double[] {0.5, 1.5}, new double[] {3, 30});
    }

    @Test
    void isTheSameXmlInEveryLocale() throws Exception {
        String svg = figure().svg();
        Locale before = Locale.getDefault();
        try {
            Locale.setDefault(Locale.GERMANY);
            assertEquals(svg, figure().svg());
        } finally {
            Locale.setDefault(before);
        }
        DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new ByteArrayInputStream(svg.getBytes(StandardCharsets.UTF_8)));
        assertTrue(svg.contains("a &lt; b &amp; c"));
        assertFalse(svg.contains("\r"));
    }

    @Test
    void aLogarithmicAxisPutsEqualRatiosAtEqualDistances() {
        Matcher line = Pattern.compile("<polyline [^>]*points=\"([^\"]+)\"").matcher(figure().svg());
        assertTrue(line.find());
        String[] points = line.group(1).split("[ ,]");
        double first = Double.parseDouble(points[1]);
        double second = Double.parseDouble(points[3]);
        double third = Double.parseDouble(points[5]);
        assertEquals(first - second, second - third, 0.11);
        assertTrue(first > second, "upwards");
    }

    @Test
    void whatCannotBeDrawnIsRefused() {
        double[] one = {1};
        assertThrows(IllegalArgumentException.class, () -> figure().points("zero", one, new double[] {0}));
        assertThrows(IllegalArgumentException.class, () -> figure().points("nan", new double[] {Double.NaN}, one));
        assertThrows(IllegalArgumentException.class, () -> figure().line("lengths", one, new double[2]));
        assertThrows(IllegalArgumentException.class, () -> figure().line("none", new double[0], new double[0]));
    }
}
