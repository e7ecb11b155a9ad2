package greg.pruning.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.StringReader;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

class LineChartTest {
    private static Document parse(LineChart chart) throws Exception {
        return DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new InputSource(new StringReader(chart.svg())));
    }

    private static LineChart chart(boolean logarithmic, double... y) {
        double[] x = new double[y.length];
        for (int i = 0; i < x.length; i++) x[i] = i;
        return new LineChart("a < b", "x", "y", logarithmic, List.of(new LineChart.Line("l & m", x, y)));
    }

    private static double[] point(String points, int index) {
        String[] pair = points.split(" ")[index].split(",");
        return new double[] {Double.parseDouble(pair[0]), Double.parseDouble(pair[1])};
    }

    @Test
    void pointsLieWhereTheValuesSay() throws Exception {
        NodeList lines = parse(chart(false, 0, 5, 10)).getElementsByTagName("polyline");
        assertEquals(1, lines.getLength());
        String points = ((Element) lines.item(0)).getAttribute("points");
        double[] first = point(points, 0);
        double[] middle = point(points, 1);
        double[] last = point(points, 2);
        assertEquals((first[0] + last[0]) / 2, middle[0], 0.11);
        assertEquals((first[1] + last[1]) / 2, middle[1], 0.11);
        assertTrue(last[1] < first[1], "larger values are further up");
    }

    @Test
    void aLogarithmicAxisIsEvenInPowersAndLeavesOutWhatHasNoLogarithm() throws Exception {
        NodeList lines = parse(chart(true, 1, 10, 100, 0, Double.NaN, 100)).getElementsByTagName("polyline");
        assertEquals(2, lines.getLength(), "a gap cuts the line");
        String points = ((Element) lines.item(0)).getAttribute("points");
        assertEquals((point(points, 0)[1] + point(points, 2)[1]) / 2, point(points, 1)[1], 0.11);
    }

    @Test
    void aConstantAndAnEmptyChartAreValidToo() throws Exception {
        assertTrue(chart(false, 3, 3).hasContent());
        parse(chart(false, 3, 3));
        assertFalse(chart(false).hasContent());
        assertFalse(chart(true, -1, Double.NaN, 2).hasContent());
        parse(chart(false));
    }
}
