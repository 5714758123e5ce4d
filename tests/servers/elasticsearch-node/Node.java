import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.elasticsearch.common.logging.LogConfigurator;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.env.Environment;
import org.elasticsearch.http.HttpServerTransport;
import org.elasticsearch.node.InternalSettingsPreparer;
import org.elasticsearch.plugins.PluginsLoader;

/**
 * One real Elasticsearch node on loopback, on ports that the system chooses.
 *
 * Usage: java Node HOME. Prints "HTTP <port>" once it answers; stops when its standard input ends, so that it never
 * outlives the process that started it, however that one ended.
 */
public final class Node {
    private static final String NAME = "test";

    public static void main(String[] arguments) throws Exception {
        Path home = Path.of(arguments[0]).toAbsolutePath();
        LogConfigurator.configureESLogging();
        LogConfigurator.setNodeName(NAME);
        try (var node = start(InternalSettingsPreparer.prepareEnvironment(settings(home), Map.of(), home.resolve("config"), () -> NAME))) {
            var address = node.injector().getInstance(HttpServerTransport.class).boundAddress().publishAddress();
            System.out.println("HTTP " + address.getPort());
            System.in.transferTo(java.io.OutputStream.nullOutputStream());
        }
        System.exit(0);
    }

    private static Settings settings(Path home) {
        return Settings.builder()
            .put("path.home", home)
            .put("path.data", home.resolve("data"))
            .put("path.logs", home.resolve("logs"))
            .put("cluster.name", "shouwang-tests")
            .put("node.name", NAME)
            .put("discovery.type", "single-node")
            .put("network.host", "127.0.0.1")
            .put("http.port", "0")
            .put("transport.port", "0")
            // A nearly full disk of a developer's machine must not turn indices read-only.
            .put("cluster.routing.allocation.disk.threshold_enabled", false)
            .build();
    }

    private static org.elasticsearch.node.Node start(Environment environment) throws Exception {
        var modules = PluginsLoader.loadModulesBundles(environment.modulesDir());
        var node = new org.elasticsearch.node.Node(environment, PluginsLoader.createPluginsLoader(modules, Set.of(), Map.of(), false));
        node.start();
        return node;
    }
}
