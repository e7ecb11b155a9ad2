package greg.nn.io;

import greg.tensor.Shape;
import java.io.IOException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import net.razorvine.pickle.IObjectConstructor;
import net.razorvine.pickle.Opcodes;
import net.razorvine.pickle.PickleException;
import net.razorvine.pickle.PickleUtils;
import net.razorvine.pickle.Unpickler;

/**
 * Unpickles what {@code torch.save} writes. A pickle can name any Python class or function; here the few that tensors are
 * made of are known and everything else becomes an {@link Inert} object, so nothing in a file is ever run.
 */
final class TorchUnpickler extends Unpickler {
    /** Elements [offset, ...) of a storage whose bytes are elsewhere in the file. */
    record StorageRef(String key, ElementType type, long length, long offset) {}

    /** A tensor not yet read: element (i, j, ...) is at offset + i stride[0] + j stride[1] ... of the storage. */
    record TensorRef(StorageRef storage, long offset, int[] size, long[] stride) {}

    /** {@code torch.FloatStorage} and its like: a class that only ever appears in persistent ids. */
    private record StorageType(ElementType type) implements IObjectConstructor {
        @Override
        public Object construct(Object[] args) {
            throw new PickleException("a storage inside the pickle is not supported");
        }
    }

    /** An object of a class that does not matter here; keeps nothing. */
    static final class Inert extends HashMap<Object, Object> implements IObjectConstructor {
        private static final long serialVersionUID = 1L;

        @Override
        public Object construct(Object[] args) {
            return new Inert();
        }
    }

    private static final Map<String, ElementType> STORAGES = Map.of(
            "FloatStorage", ElementType.F32,
            "HalfStorage", ElementType.F16,
            "BFloat16Storage", ElementType.BF16,
            "DoubleStorage", ElementType.F64,
            "LongStorage", ElementType.I64,
            "IntStorage", ElementType.I32,
            "ShortStorage", ElementType.I16,
            "CharStorage", ElementType.I8,
            "ByteStorage", ElementType.U8,
            "BoolStorage", ElementType.BOOL);

    private final Map<String, ElementType> types = new HashMap<>();
    private final long fileSize;

    /** {@code fileSize}: no string can be longer, whatever a damaged length says. */
    TorchUnpickler(long fileSize) {
        this.fileSize = fileSize;
    }

    /** Types of the storages met so far, by key. */
    Map<String, ElementType> types() {
        return types;
    }

    @Override
    protected Object dispatch(short opcode) throws PickleException, IOException {
        switch (opcode) {
            case Opcodes.GLOBAL -> {
                String module = PickleUtils.readline(input);
                stack.add(global(module, PickleUtils.readline(input)));
            }
            case Opcodes.STACK_GLOBAL -> {
                String name = (String) stack.pop();
                stack.add(global((String) stack.pop(), name));
            }
            case Opcodes.EMPTY_DICT -> stack.add(new LinkedHashMap<>()); // keeps the order, unlike the base class
            case Opcodes.SETITEMS -> setItems(stack.pop_all_since_marker()); // likewise
            case Opcodes.BUILD -> stack.pop(); // attributes of an object; no tensor of a state dict is among them
            default -> {
                checkLength(opcode);
                return super.dispatch(opcode);
            }
        }
        return NO_RETURN_VALUE;
    }

    /** The base class allocates what the length before a string says; a damaged one would exhaust the memory. */
    private void checkLength(short opcode) throws IOException {
        int width =
                switch (opcode) {
                    case Opcodes.BINUNICODE, Opcodes.BINBYTES, Opcodes.BINSTRING, Opcodes.LONG4 -> 4;
                    case Opcodes.BINUNICODE8, Opcodes.BINBYTES8, Opcodes.BYTEARRAY8 -> 8;
                    default -> 0;
                };
        if (width == 0) return;
        input.mark(width);
        byte[] bytes = input.readNBytes(width);
        input.reset();
        long length = 0;
        for (int i = bytes.length - 1; i >= 0; i--) length = length << 8 | bytes[i] & 0xFF;
        if (length < 0 || length > fileSize) {
            throw new PickleException("it is damaged: a string of " + length + " bytes is longer than the file");
        }
    }

    private void setItems(List<Object> keysAndValues) {
        @SuppressWarnings("unchecked") // a pickle's dictionary has keys and values of any kind
        Map<Object, Object> map = (Map<Object, Object>) stack.peek();
        for (int i = 0; i < keysAndValues.size(); i += 2) map.put(keysAndValues.get(i), keysAndValues.get(i + 1));
    }

    private static IObjectConstructor global(String module, String name) {
        if (module.equals("torch") && STORAGES.containsKey(name)) return new StorageType(STORAGES.get(name));
        return switch (module + "." + name) {
            case "collections.OrderedDict" -> TorchUnpickler::orderedDict;
            case "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2" -> TorchUnpickler::tensor;
            case "torch._utils._rebuild_parameter", "torch.Size" -> args -> args[0];
            default -> new Inert();
        };
    }

    private static Object orderedDict(Object[] args) {
        Map<Object, Object> map = new LinkedHashMap<>();
        if (args.length == 0) return map;
        for (Object pair : (List<?>) args[0]) {
            Object[] keyAndValue = pair instanceof List<?> list ? list.toArray() : (Object[]) pair;
            map.put(keyAndValue[0], keyAndValue[1]);
        }
        return map;
    }

    /** (storage, offset, size, stride, ...). */
    private static Object tensor(Object[] args) {
        StorageRef storage = (StorageRef) args[0];
        Object[] size = (Object[]) args[2];
        Object[] stride = (Object[]) args[3];
        int[] dims = new int[size.length];
        long[] steps = new long[size.length];
        for (int i = 0; i < dims.length; i++) {
            dims[i] = Math.toIntExact(((Number) size[i]).longValue());
            steps[i] = ((Number) stride[i]).longValue();
        }
        return new TensorRef(storage, storage.offset() + ((Number) args[1]).longValue(), dims, steps);
    }

    /** ("storage", class, key, device, elements) and, in old files, (view key, offset, elements) or None. */
    @Override
    protected Object persistentLoad(Object id) {
        Object[] parts = (Object[]) id;
        if (!"storage".equals(parts[0]) || !(parts[1] instanceof StorageType type)) {
            throw new PickleException("expected a storage of numbers, got a persistent id of another kind");
        }
        long offset = parts.length > 5 && parts[5] instanceof Object[] view ? ((Number) view[1]).longValue() : 0;
        types.put(parts[2].toString(), type.type());
        return new StorageRef(parts[2].toString(), type.type(), ((Number) parts[4]).longValue(), offset);
    }

    /** The elements of {@code ref} in row-major order, picked from its whole storage. */
    static float[] gather(String name, TensorRef ref, float[] storage) {
        long count = Shape.of(ref.size).size();
        long last = ref.offset;
        boolean inside = ref.offset >= 0;
        for (int axis = 0; axis < ref.size.length; axis++) {
            inside &= ref.stride[axis] >= 0;
            last += (ref.size[axis] - 1) * ref.stride[axis];
        }
        if (!inside || last >= storage.length) {
            throw new PickleException("tensor " + name + " reaches beyond its storage of " + storage.length);
        }
        float[] values = new float[Math.toIntExact(count)];
        int[] index = new int[ref.size.length];
        long at = ref.offset;
        for (int i = 0; i < values.length; i++) {
            values[i] = storage[(int) at];
            for (int axis = index.length - 1; axis >= 0; axis--) {
                at += ref.stride[axis];
                if (++index[axis] < ref.size[axis]) break;
                at -= ref.stride[axis] * ref.size[axis];
                index[axis] = 0;
            }
        }
        return values;
    }
}
