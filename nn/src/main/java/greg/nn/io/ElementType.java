package greg.nn.io;

import java.nio.ByteBuffer;

/** Element types of files, decoded to the nearest float. Names are those of safetensors. */
enum ElementType {
    F32(4) {
        @Override
        float next(ByteBuffer in) {
            return in.getFloat();
        }
    },
    F16(2) {
        @Override
        float next(ByteBuffer in) {
            return half(in.getShort());
        }
    },
    BF16(2) {
        @Override
        float next(ByteBuffer in) {
            return Float.intBitsToFloat(in.getShort() << 16);
        }
    },
    F64(8) {
        @Override
        float next(ByteBuffer in) {
            return (float) in.getDouble();
        }
    },
    I64(8) {
        @Override
        float next(ByteBuffer in) {
            return in.getLong();
        }
    },
    I32(4) {
        @Override
        float next(ByteBuffer in) {
            return in.getInt();
        }
    },
    I16(2) {
        @Override
        float next(ByteBuffer in) {
            return in.getShort();
        }
    },
    I8(1) {
        @Override
        float next(ByteBuffer in) {
            return in.get();
        }
    },
    U8(1) {
        @Override
        float next(ByteBuffer in) {
            return in.get() & 0xFF;
        }
    },
    BOOL(1) {
        @Override
        float next(ByteBuffer in) {
            return in.get() == 0 ? 0 : 1;
        }
    };

    private final int bytes;

    ElementType(int bytes) {
        this.bytes = bytes;
    }

    /** The type of that name, or null. */
    static ElementType named(String name) {
        for (ElementType type : values()) if (type.name().equals(name)) return type;
        return null;
    }

    /** Bytes of one element. */
    int bytes() {
        return bytes;
    }

    /** Reads one element; the buffer is little endian. */
    abstract float next(ByteBuffer in);

    /** values[from .. from+count) = the next elements. */
    void decode(ByteBuffer in, float[] values, int from, int count) {
        for (int i = from; i < from + count; i++) values[i] = next(in);
    }

    /** IEEE binary16: 1 sign, 5 exponent, 10 fraction bits; Java's own conversion came with 20. */
    private static float half(short bits) {
        int sign = (bits & 0x8000) << 16;
        int exponent = bits >>> 10 & 0x1F;
        int fraction = bits & 0x3FF;
        if (exponent == 0) return Math.copySign(fraction * 0x1p-24f, Float.intBitsToFloat(sign | 0x3F800000));
        int wide = exponent == 0x1F ? 0xFF : exponent + 127 - 15;
        return Float.intBitsToFloat(sign | wide << 23 | fraction << 13);
    }
}
