import org.codelibs.opensearch.runner.OpenSearchRunner;

/**
 * One node of a cluster, in a process of its own so that it can be killed: java ClusterNode.java NAME=VALUE ...
 *
 * <p>The arguments are settings of OpenSearch, and `base`, the folder that it may write to. It ends when its standard
 * input does, which is when whoever started it is gone.
 */
public class ClusterNode {
    public static void main(String[] arguments) throws Exception {
        String base = null;
        for (String argument : arguments) {
            if (argument.startsWith("base=")) {
                base = argument.substring("base=".length());
            }
        }
        OpenSearchRunner runner = new OpenSearchRunner();
        runner.onBuild(
                (number, settings) -> {
                    for (String argument : arguments) {
                        int equals = argument.indexOf('=');
                        String name = argument.substring(0, equals), value = argument.substring(equals + 1);
                        if (name.equals("base")) {
                            continue;
                        }
                        if (value.contains(",")) {
                            settings.putList(name, value.split(","));
                        } else {
                            settings.put(name, value);
                        }
                    }
                })
                .build(OpenSearchRunner.newConfigs().basePath(base).numOfNode(1).useLogger());
        while (System.in.read() >= 0) {
            // A node's own threads do not keep its process alive.
        }
        runner.close();
        System.exit(0);
    }
}
