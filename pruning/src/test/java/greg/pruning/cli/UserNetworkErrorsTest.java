package greg.pruning.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import greg.nn.io.Checkpoints;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Classes that are no networks, providers of networks, and what is said where they cannot be used. */
class UserNetworkErrorsTest {
    private static final String GOOD = "@Override public Tensor forward(Tensor x) { return null; }";
    private static final String PROVIDER =
            """
            public class Forks implements NetworkProvider {
                public String name() { return "forknet"; }
                public NnModule create(Backend backend, int inChannels, int imageSize, int classes) {
                    return new ForkNet(backend, inChannels, imageSize, classes);
                }
            }
            """;

    @TempDir
    static Path shared;

    @TempDir
    Path temp;

    @BeforeAll
    static void images() throws Exception {
        TinyData.mnist(shared.resolve("mnist"));
    }

    private UserJar jar() throws Exception {
        return new UserJar(temp.resolve("my.jar"));
    }

    private Cli train(String arch) {
        List<String> words = new ArrayList<>(
                List.of("train", "--class-path", temp.resolve("my.jar").toString()));
        words.addAll(List.of(
                "--arch",
                arch,
                "--dataset",
                "mnist",
                "--data",
                shared.resolve("mnist").toString()));
        words.addAll(List.of("--device", "reference", "--epochs", "1", "--batch-size", "8", "--lr", "0.05"));
        words.addAll(List.of("--out", temp.resolve("run").toString()));
        return Cli.run(words.toArray(new String[0]));
    }

    /** One line, exit code 2, and no folder. */
    private void refused(String arch, String expected) {
        Cli cli = train(arch);
        assertEquals(2, cli.code(), cli.err());
        assertEquals("greg: " + expected, cli.err().strip());
        assertFalse(Files.exists(temp.resolve("run")));
    }

    private void refused(UserJar jar, String expected) throws Exception {
        jar.write();
        refused("my.nets.Net", expected);
    }

    private UserJar net(String body) throws Exception {
        return jar().compiled("public class Net extends NnModule { " + body + " }");
    }

    private static String with(String constructor) {
        return "public Net(Backend b) { super(b); " + constructor + " } " + GOOD;
    }

    @Test
    void aClassThatIsMissing() throws Exception {
        Path jar = jar().compiled(UserJar.FORK).write();
        refused("my.nets.Net", "--arch: there is no class my.nets.Net in --class-path " + jar);
        Cli cli = Cli.run("inspect", "--arch", "my.nets.ForkNet");
        assertEquals(2, cli.code());
        assertEquals(
                "greg: --arch: there is no class my.nets.ForkNet; name its jar with --class-path",
                cli.err().strip());
    }

    @Test
    void aClassThatIsNoNetwork() throws Exception {
        refused(
                jar().compiled("public class Net { public Net(Backend b) {} }"),
                "--arch: network my.nets.Net: expected a class that extends greg.nn.NnModule");
        refused(
                jar().compiled("public abstract class Net extends NnModule { public Net(Backend b) { super(b); } }"),
                "--arch: network my.nets.Net: the class is abstract");
    }

    @Test
    void aClassWithoutAFittingConstructor() throws Exception {
        String expected = "--arch: network my.nets.Net: expected a public class with a public constructor"
                + " Net(Backend backend, int inChannels, int size, int classes) or Net(Backend backend)";
        refused(net("public Net(Backend b, int classes) { super(b); } " + GOOD), expected);
        refused(net("Net(Backend b) { super(b); } " + GOOD), expected);
        refused(
                jar().compiled("class Net extends NnModule { public Net(Backend b) { super(b); } " + GOOD + " }"),
                expected);
    }

    @Test
    void aConstructorThatFails() throws Exception {
        String failed = "network my.nets.Net: its constructor failed: ";
        refused(
                net(with("if (true) throw new IllegalStateException(\"no weights\\nhere\");")),
                failed + "java.lang.IllegalStateException: no weights here");
        refused(
                net("static int[] a = new int[-1]; " + with("")),
                "network my.nets.Net: it could not be made: java.lang.NegativeArraySizeException: -1");
        refused(net(with("") + " Net again = new Net(backend());"), failed + "java.lang.StackOverflowError");
        refused(
                net(with("child(\"a.b\", new Linear(b, 2, 2, true));")),
                failed + "module Net: expected a name without any of . , ; = and" + " blanks, got 'a.b'");
        refused(
                jar().compiled("public class Helper {}")
                        .compiled("public class Net extends NnModule { " + with("new Helper();") + " }")
                        .without("Helper"),
                failed + "the class my.nets.Helper is missing on the class path");
    }

    @Test
    void aClassForANewerJavaOrWithoutItsParent() throws Exception {
        UserJar future = net(with("")).ofTheFuture("Net");
        future.write();
        Cli cli = train("my.nets.Net");
        assertEquals(2, cli.code());
        String newer =
                "greg: --arch: network my.nets.Net: cannot be loaded: my/nets/Net has been compiled by a more recent"
                        + " version of the Java Runtime (class file version 120.0)";
        assertTrue(cli.err().startsWith(newer), cli.err());
        int java = Runtime.version().feature();
        assertTrue(cli.err().strip().endsWith("; compile it for Java " + java + ", or use a newer Java"), cli.err());
        assertEquals(1, cli.err().lines().count());
        refused(
                jar().compiled("public abstract class Base extends NnModule { Base(Backend b) { super(b); } }")
                        .compiled("public class Net extends Base { " + with("") + " }")
                        .without("Base"),
                "--arch: network my.nets.Net: cannot be loaded: the class my.nets.Base is missing on the class path");
    }

    @Test
    void aNetworkForOtherImages() throws Exception {
        String threePlanes = "Linear f = child(\"f\", new Linear(backend(), 4, 7, true));"
                + " Conv2d c = child(\"c\", new Conv2d(backend(), %d, 4, 3, Conv2dOptions.DEFAULT));"
                + " public Net(Backend b) { super(b); }"
                + " public Tensor forward(Tensor x) { return f.forward(GlobalAveragePoolOp.apply(c.forward(x))); }";
        net(threePlanes.formatted(3)).write();
        Cli cli = train("my.nets.Net");
        assertEquals(2, cli.code());
        assertEquals(1, cli.err().lines().count(), cli.err());
        assertTrue(
                cli.err().startsWith("greg: network my.nets.Net: cannot compute an image (1, 1, 28, 28): "), cli.err());
        refused(
                net(threePlanes.formatted(1)),
                "network my.nets.Net: expected (1, 10) for an image (1, 1, 28, 28), a score for each class of the data"
                        + " set, got (1, 7)");
        refused(
                net("public Net(Backend b) { super(b); } public Tensor forward(Tensor x) { throw new"
                        + " UnsupportedOperationException(\"later\"); }"),
                "network my.nets.Net: cannot compute an image (1, 1, 28, 28): java.lang.UnsupportedOperationException:"
                        + " later");
    }

    @Test
    void aProviderGivesAShortName() throws Exception {
        Path jar = jar().compiled(UserJar.FORK)
                .compiled(PROVIDER)
                .providers("Forks")
                .write();
        Cli trained = train("forknet");
        assertEquals(0, trained.code(), trained.err());
        Path best = temp.resolve("run/checkpoint/best.safetensors");
        assertEquals("forknet", Checkpoints.load(best).metadata().get("arch"));
        Cli unknown = Cli.run("inspect", "--class-path", jar.toString(), "--arch", "forknot");
        assertEquals(2, unknown.code());
        assertTrue(unknown.err().contains("(did you mean 'forknet'?); known are lenet5, "), unknown.err());
        assertTrue(unknown.err().contains(", forknet, and classes in --class-path"), unknown.err());
        Cli help = Cli.run("train", "--class-path", jar.toString(), "--help");
        assertEquals(0, help.code(), help.err());
        assertTrue(help.out().replaceAll("\\s+", " ").contains(", forknet; or the name of a class"), help.out());
        assertFalse(Cli.run("train", "--help").out().contains("forknet"));
        Cli stored = Cli.run("inspect", "--weights", best.toString());
        assertEquals(2, stored.code());
        assertTrue(stored.err().contains("holds a forknet, which is none of greg's networks"), stored.err());
    }

    @Test
    void aProviderThatCannotBeUsed() throws Exception {
        String broken = "a provider of networks on the class path cannot be used: ";
        provider(
                jar().providers("Forks"),
                "--arch: " + broken + "greg.nn.model.NetworkProvider: Provider my.nets.Forks not found");
        provider(
                PROVIDER.replace("forknet", "resnet20"),
                "--arch: network provider my.nets.Forks: there is another network called resnet20");
        provider(
                PROVIDER.replace("forknet", "../fork"),
                "--arch: network provider my.nets.Forks: expected a name of letters, digits, _ and -, got '../fork'");
        provider(
                PROVIDER.replace("return \"forknet\"", "throw new IllegalStateException(\"nameless\")"),
                "--arch: network my.nets.Forks: its name() failed: java.lang.IllegalStateException: nameless");
        provider(
                PROVIDER.replace(
                        "{\n    public String", "{ public Forks() { throw new Error(\"no\"); }\n public String"),
                "--arch: " + broken + "greg.nn.model.NetworkProvider: Provider my.nets.Forks could not be instantiated:"
                        + " java.lang.Error: no");
        provider(
                PROVIDER.replaceAll("return new ForkNet.*", "return null;"), "network forknet: its provider made none");
        provider(
                PROVIDER.replaceAll("return new ForkNet.*", "throw new IllegalArgumentException(\"too small\");"),
                "network forknet: it could not be made: too small");
        Cli help = Cli.run(
                "train",
                "--class-path",
                jar().compiled(UserJar.FORK)
                        .compiled(PROVIDER.replace("forknet", " "))
                        .providers("Forks")
                        .write()
                        .toString(),
                "--help");
        assertEquals(2, help.code());
        assertEquals(1, help.err().lines().count(), help.err());
    }

    private void provider(String source, String expected) throws Exception {
        provider(jar().compiled(UserJar.FORK).compiled(source).providers("Forks"), expected);
    }

    private void provider(UserJar jar, String expected) throws Exception {
        jar.write();
        refused("forknet", expected);
    }

    @Test
    void whatIsNoClassPath() throws Exception {
        Path jar = temp.resolve("my.jar");
        refused("my.nets.Net", "--class-path " + jar + ": there is no such file; name a jar or a folder");
        Files.writeString(jar, "not a jar");
        Cli cli = train("my.nets.Net");
        assertEquals(2, cli.code());
        assertTrue(cli.err().startsWith("greg: --class-path " + jar + ": is no jar (Zip: "), cli.err());
        assertEquals(1, cli.err().lines().count(), cli.err());
    }
}
