import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import net.razorvine.pickle.objects.ClassDict;

/** What was read, said in the plainest pickle there is, without any library. */
final class Say {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    // The numbers of what can be shared.
    private final Map<Object, Integer> numbers = new IdentityHashMap<>();

    Say() throws IOException {
        latin("\u0080\u0004");
    }

    byte[] finish() throws IOException {
        latin(".");
        return bytes.toByteArray();
    }

    private void latin(String text) throws IOException {
        bytes.write(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    private void numbered(String opcode, int number) throws IOException {
        latin(opcode);
        for (int shift = 0; shift < 32; shift += 8) {
            bytes.write(number >>> shift);
        }
    }

    private void sized(String opcode, byte[] data) throws IOException {
        numbered(opcode, data.length);
        bytes.write(data);
    }

    void value(Object value) throws IOException {
        if (value == null) {
            latin("N");
        } else if (value instanceof Boolean truth) {
            latin(truth ? "\u0088" : "\u0089");
        } else if (value instanceof Integer || value instanceof Long
                || value instanceof BigInteger) {
            latin("L" + value + "L\n");
        } else if (value instanceof Double number) {
            latin("G");
            long bits = Double.doubleToRawLongBits(number);
            for (int shift = 56; shift >= 0; shift -= 8) {
                bytes.write((int) (bits >>> shift));
            }
        } else if (value instanceof String text) {
            sized("X", text.getBytes(StandardCharsets.UTF_8));
        } else if (value instanceof byte[] data) {
            sized("B", data);
        } else if (numbers.containsKey(value)) {
            numbered("j", numbers.get(value));
        } else {
            container(value);
        }
    }

    private void put(Object value) throws IOException {
        int number = numbers.size();
        numbers.put(value, number);
        numbered("r", number);
    }

    private void container(Object value) throws IOException {
        if (value instanceof Object[] items) {
            latin("(");
            items(Arrays.asList(items));
            latin("t");
            put(value);
        } else if (value instanceof List<?> items) {
            latin("]");
            put(value);
            latin("(");
            items(items);
            latin("e");
        } else if (value instanceof Set<?> items) {
            latin("\u008f");
            put(value);
            latin("(");
            items(items);
            latin("\u0090");
        } else if (value instanceof ClassDict instance) {
            int dot = instance.getClassName().lastIndexOf('.');
            String module = instance.getClassName().substring(0, dot);
            latin("c" + module + "\n" + instance.getClassName().substring(dot + 1) + "\n)\u0081");
            put(value);
            latin("}");
            pairs(instance, "__class__");
            latin("b");
        } else if (value instanceof Map<?, ?> pairs) {
            latin("}");
            put(value);
            pairs(pairs, null);
        } else {
            throw new IOException("a " + value.getClass().getName());
        }
    }

    private void items(Collection<?> items) throws IOException {
        for (Object item : items) {
            value(item);
        }
    }

    private void pairs(Map<?, ?> pairs, String except) throws IOException {
        latin("(");
        for (Map.Entry<?, ?> pair : pairs.entrySet()) {
            if (!pair.getKey().equals(except)) {
                value(pair.getKey());
                value(pair.getValue());
            }
        }
        latin("u");
    }
}
