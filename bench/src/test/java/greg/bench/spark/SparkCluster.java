package greg.bench.spark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A standalone Spark cluster of processes on this machine, from Spark's jars alone. */
final class SparkCluster implements AutoCloseable {
    private static final Pattern MASTER = Pattern.compile("Starting Spark master at (spark://\\S+)");
    private static final String LOCALHOST = "127.0.0.1";
    private static final long POLL_MILLIS = 50;

    private final Path home;
    private final Path folder;
    private final List<Process> processes = new ArrayList<>();
    private final String master;

    /**
     * Starts the master.
     *
     * @param home with Spark's {@code jars}
     * @param folder an empty one for logs and workers
     */
    SparkCluster(Path home, Path folder) throws Exception {
        this.home = home;
        this.folder = folder;
        Files.writeString(home.resolve("RELEASE"), "Spark\n"); // by which it knows that jars are in the folder
        Process process = start(
                "master",
                List.of(),
                List.of(),
                List.of(
                        "org.apache.spark.deploy.master.Master",
                        "--host",
                        LOCALHOST,
                        "--port",
                        "0",
                        "--webui-port",
                        "0"));
        master = await("master", process, MASTER);
    }

    /**
     * Starts a worker with two cores and two GPUs.
     *
     * @param before words before its command, for a namespace of its own
     */
    Process worker(String name, String... before) throws Exception {
        Path script = folder.resolve(name + "-gpus.sh");
        Files.writeString(script, "#!/bin/sh\necho '{\"name\": \"gpu\", \"addresses\": [\"0\", \"1\"]}'\n");
        if (!script.toFile().setExecutable(true)) throw new IOException(script + " cannot be made executable");
        Path work = Files.createDirectories(folder.resolve(name));
        Process process = start(
                name,
                List.of(before),
                List.of(
                        "-Dspark.worker.resource.gpu.amount=2",
                        "-Dspark.worker.resource.gpu.discoveryScript=" + script),
                List.of(
                        "org.apache.spark.deploy.worker.Worker",
                        "--host",
                        LOCALHOST,
                        "--webui-port",
                        "0",
                        "--cores",
                        "2",
                        "--memory",
                        "1g",
                        "--work-dir",
                        work.toString(),
                        master));
        await(name, process, Pattern.compile("(Successfully registered) with master"));
        return process;
    }

    /** Submits an application of which each task takes a core and a GPU; its output is in the log of that name. */
    Process submit(String name, Path jar, String... args) throws IOException {
        List<String> words = new ArrayList<>(List.of("org.apache.spark.deploy.SparkSubmit", "--master", master));
        for (String setting : List.of(
                "spark.driver.host=" + LOCALHOST,
                "spark.ui.enabled=false",
                "spark.executor.memory=512m",
                "spark.executor.cores=2",
                "spark.executor.resource.gpu.amount=2",
                "spark.task.resource.gpu.amount=1")) {
            words.addAll(List.of("--conf", setting));
        }
        words.add(jar.toString());
        words.addAll(List.of(args));
        return start(name, List.of(), List.of(), words);
    }

    private Process start(String name, List<String> before, List<String> jvm, List<String> words) throws IOException {
        List<String> command = new ArrayList<>(before);
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Xmx512m", "-XX:TieredStopAtLevel=1"));
        for (String module : List.of("java.lang", "java.nio", "java.util", "sun.nio.ch")) {
            command.add("--add-opens=java.base/" + module + "=ALL-UNNAMED"); // as Spark's own scripts do
        }
        command.addAll(jvm);
        command.addAll(List.of("-cp", home.resolve("jars") + "/*"));
        command.addAll(words);
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log(name).toFile());
        builder.environment().put("SPARK_HOME", home.toString());
        builder.environment().put("SPARK_SCALA_VERSION", "2.13");
        builder.environment().put("SPARK_LOCAL_IP", LOCALHOST);
        Process process = builder.start();
        processes.add(process);
        return process;
    }

    private Path log(String name) {
        return folder.resolve(name + ".log");
    }

    /** What a process has said. */
    String said(String name) throws IOException {
        return Files.readString(log(name));
    }

    private String await(String name, Process process, Pattern line) throws Exception {
        while (true) {
            Matcher found = line.matcher(said(name));
            if (found.find()) return found.group(1);
            if (!process.isAlive()) throw new IllegalStateException(name + " has ended: " + said(name));
            Thread.sleep(POLL_MILLIS);
        }
    }

    /** Kills all that are left; executors end with their workers. */
    @Override
    public void close() {
        for (int i = processes.size() - 1; i >= 0; i--) processes.get(i).destroyForcibly();
    }
}
