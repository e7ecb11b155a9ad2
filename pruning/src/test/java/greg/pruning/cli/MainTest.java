package greg.pruning.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

class MainTest {
    @TempDir
    Path temp;

    /** Every command, however deep. */
    static List<CommandLine> commands() {
        List<CommandLine> all = new ArrayList<>();
        collect(Main.commandLine(false), all);
        return all;
    }

    private static void collect(CommandLine command, List<CommandLine> all) {
        all.add(command);
        command.getSubcommands().values().forEach(sub -> collect(sub, all));
    }

    @Test
    void everyFlagIsDescribedWithItsDefault() {
        for (CommandLine command : commands()) {
            for (OptionSpec option : command.getCommandSpec().options()) {
                String where = command.getCommandSpec().qualifiedName() + " " + option.longestName();
                String text = String.join(" ", option.description());
                assertFalse(text.isBlank(), where + " has no description");
                if (option.usageHelp() || option.versionHelp() || option.required()) continue;
                assertTrue(text.toLowerCase().contains("default"), where + " does not say its default: " + text);
            }
        }
    }

    @Test
    void everyCommandHelpsItself() {
        for (CommandLine command : commands()) {
            List<String> words = new ArrayList<>(
                    List.of(command.getCommandSpec().qualifiedName().split(" ")));
            words.remove(0);
            words.add("--help");
            Cli result = Cli.run(words.toArray(new String[0]));
            assertEquals(0, result.code(), result.err());
            assertTrue(
                    result.out().startsWith("Usage: " + command.getCommandSpec().qualifiedName()), result.out());
            assertEquals("", result.err());
        }
    }

    @Test
    void theFlagsOfPruneAreInGroups() {
        String help = Cli.run("prune", "--help").out();
        List<String> headings =
                help.lines().filter(l -> l.matches("[A-Z][a-z ]+:")).toList();
        assertEquals(List.of("Network:", "Data:", "What goes:", "Growth:", "Finetuning:", "Run:"), headings);
        Map<String, String> groups = Map.of(
                "--arch", "Network:",
                "--augment", "Data:",
                "--stage-pr", "What goes:",
                "--reg-upper-limit", "Growth:",
                "--lr-ft", "Finetuning:",
                "--seeds", "Run:");
        groups.forEach((flag, heading) -> {
            int at = help.indexOf(flag + "=");
            int next = headings.indexOf(heading) + 1;
            int end = next == headings.size() ? help.length() : help.indexOf("\n" + headings.get(next) + "\n");
            assertTrue(help.indexOf("\n" + heading + "\n") < at && at < end, flag + " in " + heading);
        });
        for (OptionSpec option : Main.commandLine(false)
                .getSubcommands()
                .get("prune")
                .getCommandSpec()
                .options()) {
            assertTrue(help.contains(option.longestName()), option.longestName());
        }
    }

    @Test
    void helpOfACommandIsWhatItsFlagShows() {
        assertEquals(
                Cli.run("study", "oracle", "--help").out(),
                Cli.run("help", "study", "oracle").out());
        assertEquals(Cli.run("--help").out(), Cli.run("help").out());
        Cli unknown = Cli.run("help", "study", "orcle");
        assertEquals(2, unknown.code());
        assertEquals(
                "greg: unknown command 'orcle' (did you mean 'oracle'?); see 'greg study --help'\n", unknown.err());
    }

    @Test
    void aShellCompletesCommandsFlagsAndNetworks() throws Exception {
        Path script = Files.writeString(
                temp.resolve("completion"), Cli.run("completion").out());
        Process bash = new ProcessBuilder(
                        "bash",
                        "-c",
                        "compopt() { :; }; source \"$0\"; COMP_WORDS=(greg prune --stage); COMP_CWORD=2; _complete_greg;"
                                + " echo \"${COMPREPLY[@]}\"; COMP_WORDS=(greg prune --arch resnet5); COMP_CWORD=3;"
                                + " _complete_greg; printf '%s\\n' \"${COMPREPLY[@]}\" | sort",
                        script.toString())
                .redirectErrorStream(true)
                .start();
        String answer = new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals("--stage-pr\nresnet50\nresnet56\n", answer);
    }

    /** As in the reference's README. */
    @Test
    void whatOnlyTheReferenceHasIsNamedAtOnce() {
        Cli pasted =
                Cli.run(("prune --dataset imagenet --arch resnet34 --pretrained --method GReg-1 --screen --stage_pr"
                                + " [0,0.5,0.6,0.4,0,0] --skip_layers [1.0,2.0,2.3,3.0,3.5] --project GReg-1__resnet34")
                        .split(" "));
        assertEquals(2, pasted.code());
        String start = "greg: leave out --pretrained, --screen, --project, which only the reference implementation has";
        assertTrue(pasted.err().startsWith(start), pasted.err());
        assertTrue(pasted.err().contains("--project: the folder of the run is named with --out"), pasted.err());
        Cli base =
                Cli.run(("prune --arch resnet56 --dataset synthetic --method L1 --stage_pr [0,0,0,0,0] --batch_size 256"
                                + " --wd 0.0005 --lr_ft {0:0.1,100:0.01,150:0.001} --epochs 200")
                        .split(" "));
        assertEquals(2, base.code());
        assertTrue(base.err().contains("use 'greg train', where --lr-ft is called --lr"), base.err());
    }

    @Test
    void noFlagOfOursIsAmongThoseToLeaveOut() {
        for (OptionSpec option : Main.commandLine(false)
                .getSubcommands()
                .get("prune")
                .getCommandSpec()
                .options()) {
            for (String name : option.names()) assertFalse(ReferenceFlags.contains("prune", name), name);
        }
    }

    @Test
    void helpAndVersionOfTheProgram() {
        Cli version = Cli.run("--version");
        assertEquals(0, version.code());
        assertTrue(version.out().startsWith("greg "), version.out());
    }

    @Test
    void underscoresInFlagNamesAreDashesAndValuesStay() {
        assertArrayEquals(
                new String[] {"prune", "--stage-pr", "a_b", "--lr-ft=0:0.1_x", "-x_y", "--", "--raw_value"},
                Argv.normalise("prune", "--stage_pr", "a_b", "--lr_ft=0:0.1_x", "-x_y", "--", "--raw_value"));
    }

    @Test
    void unknownFlagsNameTheNearestKnownOne() {
        Cli result = Cli.run("devices", "--jsn");
        assertEquals(2, result.code());
        assertEquals("", result.out());
        assertEquals("greg: unknown flag '--jsn' (did you mean '--json'?); see 'greg devices --help'\n", result.err());
        assertEquals(2, Cli.run("devices", "--js").code(), "abbreviations are not accepted");
    }

    @Test
    void unknownCommandsNameTheNearestKnownOne() {
        Cli result = Cli.run("device");
        assertEquals(2, result.code());
        assertEquals("greg: unknown command 'device' (did you mean 'devices'?); see 'greg --help'\n", result.err());
    }

    @Test
    void noCommandIsWrongUsage() {
        Cli result = Cli.run();
        assertEquals(2, result.code());
        assertTrue(result.err().contains("expected a command: prune, train"), result.err());
    }

    @Test
    void devicesListsEveryBackendAndWhatAutoTakes() throws Exception {
        Cli result = Cli.run("devices", "--json");
        assertEquals(0, result.code(), result.err());
        JsonNode json = new ObjectMapper().readTree(result.out());
        List<String> kinds = new ArrayList<>();
        String first = null;
        for (JsonNode device : json.get("devices")) {
            kinds.add(device.get("kind").asText());
            boolean available = device.get("available").asBoolean();
            assertFalse(
                    device.get(available ? "description" : "reason").asText().isBlank());
            if (available && first == null) first = device.get("kind").asText();
            if (device.get("kind").asText().equals("cuda")) {
                JsonNode driver = device.get("libraries").get(0);
                assertEquals("driver", driver.get("name").asText());
                assertTrue(driver.has("problem") || driver.has("version") && driver.has("path"), driver.toString());
            }
        }
        assertTrue(kinds.containsAll(List.of("cuda", "reference")), kinds.toString());
        assertEquals(first, json.get("auto").asText());
        assertTrue(Cli.run("devices").out().contains("* " + first), "the text marks the same one");
    }

    @Test
    void dataListAndVerify() {
        Cli list = Cli.run("data", "list");
        assertEquals(0, list.code());
        assertTrue(list.out().contains("fashion-mini"), list.out());
        Cli verify = Cli.run("data", "verify", "fashion-mini");
        assertEquals(0, verify.code(), verify.err());
        assertTrue(verify.out().contains("10000 images, 10 classes, 28x28x1, sha256:"), verify.out());
        Cli unknown = Cli.run("data", "verify", "fashion-min");
        assertEquals(2, unknown.code());
        assertTrue(unknown.err().contains("did you mean 'fashion-mini'"), unknown.err());
    }

    @Test
    void dataFetchSaysInOneLineWhyItCannot(@TempDir Path folder) {
        String nobody = "http://127.0.0.1:1/files";
        Cli offline = Cli.run("data", "fetch", "cifar10", "--data", folder.toString(), "--mirror", nobody);
        assertEquals(1, offline.code());
        assertEquals(
                "greg: data fetch cifar10: cannot download " + nobody
                        + "/cifar-10-binary.tar.gz (no connection); if this"
                        + " machine is offline, put cifar-10-binary.tar.gz into " + folder
                        + " by hand and run this again\n",
                offline.err());
        Cli imagenet = Cli.run("data", "fetch", "imagenet");
        assertEquals(2, imagenet.code());
        assertTrue(imagenet.err().contains("agree to its terms"), imagenet.err());
        assertEquals(
                2, Cli.run("data", "fetch", "cifar10", "--mirror", "ftp://x").code());
    }

    @Test
    void dataFetchTakesWhatAMirrorHas(@TempDir Path folder) throws Exception {
        // the files are not the official ones, so their checksums are refused: without the real ones the test cannot go
        // further
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/m/cifar-100-binary.tar.gz", exchange -> {
            exchange.sendResponseHeaders(200, 3);
            exchange.getResponseBody().write(new byte[3]);
            exchange.close();
        });
        server.start();
        try {
            String mirror = "http://127.0.0.1:" + server.getAddress().getPort() + "/m";
            Cli result = Cli.run("data", "fetch", "cifar100", "--data", folder.toString(), "--mirror", mirror);
            assertEquals(1, result.code());
            assertTrue(result.err().contains("expected checksum md5:03b5dce01913d631647c71ecec9e9cb8"), result.err());
            assertTrue(result.err().contains("cifar-100-binary.tar.gz: 0.0 of 0.0 MB"), result.err());
        } finally {
            server.stop(0);
        }
    }
}
