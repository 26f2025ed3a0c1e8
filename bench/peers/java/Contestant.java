// Razorvine's pickle as a contestant: ../README.md says what it is asked.

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import net.razorvine.pickle.Pickler;
import net.razorvine.pickle.Unpickler;

public final class Contestant {
    private final byte[] pickle;
    private Object value;
    private boolean kept;

    // Written where another thread could look, so that no result is known to be unused.
    private static volatile Object result;

    private Contestant(byte[] pickle) {
        this.pickle = pickle;
    }

    private Object read() throws IOException {
        return new Unpickler().loads(pickle);
    }

    // It writes protocol 2, whatever is asked for.
    private byte[] write() throws IOException {
        if (!kept) {
            value = read();
            kept = true;
        }
        return new Pickler().dumps(value);
    }

    private void answer(String[] request) throws IOException {
        switch (request[0]) {
            case "read" -> {
                for (int i = Integer.parseInt(request[1]); i > 0; i--) {
                    result = read();
                }
            }
            case "say" -> {
                Say out = new Say();
                out.value(read());
                Files.write(Path.of(request[1]), out.finish());
            }
            case "write" -> {
                for (int i = Integer.parseInt(request[2]); i > 0; i--) {
                    result = write();
                }
            }
            case "save" -> Files.write(Path.of(request[2]), write());
            default -> throw new IllegalArgumentException("unknown request: " + request[0]);
        }
        result = null;
    }

    public static void main(String[] arguments) throws IOException {
        Contestant contestant = new Contestant(Files.readAllBytes(Path.of(arguments[1])));
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
        System.out.println("ok");
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            try {
                contestant.answer(line.split(" "));
                System.out.println("ok");
            } catch (Exception | StackOverflowError | OutOfMemoryError error) {
                System.out.println("error " + error.toString().replace('\n', ' '));
            }
        }
    }
}
