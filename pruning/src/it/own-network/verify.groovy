// natives of the user's platform come with greg-pruning: named are those that kernels/pom.xml has
String platform = System.getProperty("os.name").toLowerCase() + " " + System.getProperty("os.arch")
if (platform ==~ /linux amd64|windows.* amd64|mac.* x86_64/) {
    assert new File(basedir, "build.log").text.contains("* cpu"): "no oneDNN for ${platform}; see ${basedir}/build.log"
}
