// natives of the user's platform come with greg-pruning: named are those that kernels/pom.xml has
String platform = System.getProperty("os.name").toLowerCase() + " " + System.getProperty("os.arch")
if (platform ==~ /linux amd64|windows.* amd64|mac.* x86_64/) {
    assert new File(basedir, "build.log").text.contains("* cpu"): "no oneDNN for ${platform}; see ${basedir}/build.log"
}

// the second process gives the same logits, to the last digit
String pruned = new File(basedir, "target/pruned.logits").readLines().find { it.startsWith("[[") }
String loaded = new File(basedir, "target/loaded.logits").readLines().find { it.startsWith("[[") }
assert pruned != null && loaded == pruned: "the loaded network answers\n${loaded}\nthe saved one answered\n${pruned}"

// the whole program is short
List<String> lines = new File(basedir, "src/main/java/example/TwoBranches.java").readLines()
int own = lines.count { !it.startsWith("import ") && !it.startsWith("package ") && !it.isBlank() }
assert own <= 40: "${own} lines"
