package greg.nn.io;

import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import net.razorvine.pickle.IObjectConstructor;
import net.razorvine.pickle.Opcodes;
import net.razorvine.pickle.PickleException;
import net.razorvine.pickle.PickleUtils;
import net.razorvine.pickle.Unpickler;

/**
 * Unpickles what {@code torch.save} writes. A pickle can name any Python class or function; here the few that tensors are
 * made of are known and everything else becomes an {@link Inert} object, so nothing in a file is ever run.
 *
 * <p>A pickle is a program, so a hostile one can be small and build something huge. Therefore opcodes that {@code torch.save}
 * never writes are refused, their number is limited, keys of dictionaries are text, and nothing here walks through nested
 * objects: neither a hash nor a comparison nor a conversion to text does.
 */
final class TorchUnpickler extends Unpickler {
    /** Opcodes that one pickle may have; about 70 are needed for a tensor. Bounds the memory for objects to some 100 MB. */
    static final int MAX_OPERATIONS = 2_000_000;

    /** Elements [offset, ...) of a storage whose bytes are elsewhere in the file. */
    record StorageRef(String key, ElementType type, long length, long offset) {}

    /** {@code torch.FloatStorage} and its like: a class that only ever appears in persistent ids. */
    private record StorageType(ElementType type) implements IObjectConstructor {
        @Override
        public Object construct(Object[] args) {
            throw new PickleException("a storage inside the pickle is not supported");
        }
    }

    /** An object of a class that does not matter here. */
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
    private int operations;

    /** Types of the storages met so far, by key. */
    Map<String, ElementType> types() {
        return types;
    }

    @Override
    protected Object dispatch(short opcode) throws PickleException, IOException {
        count(1);
        switch (opcode) {
            case Opcodes.GLOBAL -> {
                String module = PickleUtils.readline(input);
                stack.add(global(module, PickleUtils.readline(input)));
            }
            case Opcodes.STACK_GLOBAL -> {
                String name = (String) stack.pop();
                stack.add(global((String) stack.pop(), name));
            }
            // the base class allocates what the length before a string says, also if the file ends sooner
            case Opcodes.BINUNICODE -> stack.add(new String(bytes(4), StandardCharsets.UTF_8));
            case Opcodes.BINUNICODE8 -> stack.add(new String(bytes(8), StandardCharsets.UTF_8));
            case Opcodes.BINSTRING -> stack.add(new String(bytes(4), StandardCharsets.ISO_8859_1));
            case Opcodes.BINBYTES -> stack.add(bytes(4));
            case Opcodes.BINBYTES8, Opcodes.BYTEARRAY8 -> stack.add(bytes(8));
            case Opcodes.EMPTY_DICT -> stack.add(new LinkedHashMap<>()); // keeps the order, unlike the base class
            case Opcodes.SETITEM -> {
                Object value = stack.pop();
                Object key = stack.pop();
                put(map(stack.peek()), key, value);
            }
            case Opcodes.SETITEMS -> {
                List<Object> keysAndValues = stack.pop_all_since_marker();
                Map<Object, Object> map = map(stack.peek());
                for (int i = 0; i < keysAndValues.size(); i += 2) {
                    put(map, keysAndValues.get(i), keysAndValues.get(i + 1));
                }
            }
            // the base class would hash the elements of a set, which may be sets of sets; no tensor is in one
            case Opcodes.EMPTY_SET -> stack.add(new Inert());
            // the base class would copy the whole stack or list each time
            case Opcodes.ADDITEMS, Opcodes.POP_MARK -> stack.pop_all_since_marker();
            case Opcodes.APPENDS -> {
                List<Object> items = stack.pop_all_since_marker();
                list(stack.peek()).addAll(items);
            }
            case Opcodes.FROZENSET -> {
                stack.pop_all_since_marker();
                stack.add(new Inert());
            }
            case Opcodes.BUILD -> stack.pop(); // attributes of an object; no tensor of a state dict is among them
            case Opcodes.PROTO,
                    Opcodes.FRAME,
                    Opcodes.STOP,
                    Opcodes.MARK,
                    Opcodes.POP,
                    Opcodes.NONE,
                    Opcodes.NEWTRUE,
                    Opcodes.NEWFALSE,
                    Opcodes.BININT,
                    Opcodes.BININT1,
                    Opcodes.BININT2,
                    Opcodes.LONG1,
                    Opcodes.BINFLOAT,
                    Opcodes.SHORT_BINUNICODE,
                    Opcodes.SHORT_BINSTRING,
                    Opcodes.SHORT_BINBYTES,
                    Opcodes.EMPTY_TUPLE,
                    Opcodes.TUPLE,
                    Opcodes.TUPLE1,
                    Opcodes.TUPLE2,
                    Opcodes.TUPLE3,
                    Opcodes.EMPTY_LIST,
                    Opcodes.APPEND,
                    Opcodes.REDUCE,
                    Opcodes.NEWOBJ,
                    Opcodes.NEWOBJ_EX,
                    Opcodes.BINPUT,
                    Opcodes.LONG_BINPUT,
                    Opcodes.MEMOIZE,
                    Opcodes.BINGET,
                    Opcodes.LONG_BINGET,
                    Opcodes.BINPERSID -> {
                return super.dispatch(opcode);
            }
            default ->
                throw new PickleException(String.format(
                        Locale.ROOT, "it has the pickle opcode 0x%02x, which torch.save does not write", opcode));
        }
        return NO_RETURN_VALUE;
    }

    private void count(int operationsMore) {
        operations += operationsMore;
        if (operations > MAX_OPERATIONS) {
            throw new PickleException("it has more than " + MAX_OPERATIONS
                    + " Python objects besides the tensors' elements; save model.state_dict() alone");
        }
    }

    /** The bytes after a little-endian length of {@code width} bytes. */
    private byte[] bytes(int width) throws IOException {
        byte[] prefix = input.readNBytes(width);
        long length = 0;
        for (int i = prefix.length - 1; i >= 0; i--) length = length << 8 | prefix[i] & 0xFF;
        boolean fits = prefix.length == width && length >= 0 && length <= Integer.MAX_VALUE;
        byte[] bytes = fits ? input.readNBytes((int) length) : new byte[0];
        if (!fits || bytes.length < length) {
            throw new EOFException("it is damaged: a string of " + length + " bytes is longer than the file");
        }
        return bytes;
    }

    @SuppressWarnings("unchecked") // a pickle's dictionary has keys and values of any kind
    private static Map<Object, Object> map(Object value) {
        return (Map<Object, Object>) value;
    }

    @SuppressWarnings("unchecked") // and a list elements of any kind
    private static List<Object> list(Object value) {
        return (List<Object>) value;
    }

    /** Keeps an entry if its key is text or a number, which becomes text: nothing else is ever looked up. */
    private static void put(Map<Object, Object> map, Object key, Object value) {
        if (key instanceof String || key instanceof Number) map.put(key.toString(), value);
    }

    private IObjectConstructor global(String module, String name) {
        if (module.equals("torch") && STORAGES.containsKey(name)) return new StorageType(STORAGES.get(name));
        return switch (module + "." + name) {
            case "collections.OrderedDict" -> this::orderedDict;
            case "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2" -> TorchTensor::of;
            case "torch._utils._rebuild_parameter", "torch.Size" -> args -> args[0];
            default -> new Inert();
        };
    }

    private Object orderedDict(Object[] args) {
        Map<Object, Object> map = new LinkedHashMap<>();
        if (args.length == 0) return map;
        List<?> pairs = (List<?>) args[0];
        count(pairs.size()); // the same list may be given many times
        for (Object pair : pairs) {
            Object[] keyAndValue = pair instanceof List<?> list ? list.toArray() : (Object[]) pair;
            put(map, keyAndValue[0], keyAndValue[1]);
        }
        return map;
    }

    /**
     * ("storage", class, key, device, elements) and, in old files, (view key, offset, elements) or None; old files that hold a whole
     * module beside its state dict also have ("module", class, source file, source).
     */
    @Override
    protected Object persistentLoad(Object id) {
        Object[] parts = (Object[]) id;
        if ("module".equals(parts[0])) return new Inert();
        if (!"storage".equals(parts[0]) || !(parts[1] instanceof StorageType storage)) {
            throw new PickleException("expected a storage of numbers, got a persistent id of another kind");
        }
        String key = (String) parts[2];
        long offset = parts.length > 5 && parts[5] instanceof Object[] view ? TorchTensor.integer(view[1]) : 0;
        ElementType known = types.putIfAbsent(key, storage.type());
        if (known != null && known != storage.type()) {
            throw new PickleException("storage " + key + " is used as " + known + " and as " + storage.type());
        }
        return new StorageRef(key, storage.type(), TorchTensor.integer(parts[4]), offset);
    }
}
