package greg.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class ShapeTest {
    @Test
    void countsAndIndexes() {
        Shape shape = Shape.of(2, 3, 4, 5);
        assertEquals(4, shape.rank());
        assertEquals(120, shape.size());
        assertEquals(3, shape.dim(1));
        assertEquals(5, shape.dim(-1));
        assertEquals(2, shape.dim(-4));
        assertEquals("(2, 3, 4, 5)", shape.toString());
    }

    @Test
    void scalarHasOneElementAndNoDimensions() {
        assertEquals(0, Shape.of().rank());
        assertEquals(1, Shape.of().size());
        assertEquals("()", Shape.of().toString());
    }

    @Test
    void isImmutable() {
        int[] dims = {2, 3};
        Shape shape = Shape.of(dims);
        dims[0] = 7;
        shape.dims()[1] = 7;
        assertEquals(Shape.of(2, 3), shape);
        assertEquals(Shape.of(2, 3).hashCode(), shape.hashCode());
    }

    @Test
    void equalityIsOfDimensionsNotOfSize() {
        assertNotEquals(Shape.of(2, 3), Shape.of(3, 2));
        assertNotEquals(Shape.of(6), Shape.of(6, 1));
        assertNotEquals(Shape.of(1), Shape.of());
    }

    @Test
    void sizesBeyondAnIntAreCounted() {
        assertEquals(1L << 32, Shape.of(1 << 16, 1 << 16).size());
        assertThrows(ArithmeticException.class, () -> Shape.of(1 << 30, 1 << 30, 1 << 30));
    }

    @Test
    void refusesEmptyDimensions() {
        String message = assertThrows(IllegalArgumentException.class, () -> Shape.of(2, 0))
                .getMessage();
        assertEquals("shape: expected dimensions >= 1, got [2, 0]", message);
        assertThrows(IllegalArgumentException.class, () -> Shape.of(-1));
    }
}
