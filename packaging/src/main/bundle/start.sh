# Starts repvgg. Launchers source this with the arguments of the command and these variables:
#
#   java     the command "java"
#   jar      repvgg-cli.jar
#   cache    an AOT cache made by the same java for the same jar, or empty
#   zoo      the folder of trained networks, or empty for those in the jars
#   unpack   a folder for JavaCPP to unpack libtorch into, or empty for its own choice
#   spark    a class path for the verbs of Spark, or empty where it is not there
#
# shellcheck shell=sh disable=SC2154

# Progress goes to standard error; Java cannot ask whether that is a terminal.
terminal=false
[ -t 2 ] && terminal=true

# Verbs that answer once make little garbage that lives, and half a gigabyte of weights that do: where
# the nursery may not grow, they need a third of the memory (docs/decisions/012-memory-of-a-verb.md).
heap=
case ${1:-} in
    convert | export | fold | inspect | predict | run | verify) heap=-XX:MaxNewSize=64m ;;
esac

# Spark's own list for Java (org.apache.spark.launcher.JavaModuleOptions); its log is for who asks for
# it, with REPVGG_OPTS=-Drepvgg.spark.log=warn.
opens=
if [ -n "$spark" ]; then
    for package in lang lang.invoke lang.reflect io net nio util util.concurrent util.concurrent.atomic; do
        opens="$opens --add-opens=java.base/java.$package=ALL-UNNAMED"
    done
    for package in jdk.internal.ref sun.nio.ch sun.nio.cs sun.security.action sun.util.calendar; do
        opens="$opens --add-opens=java.base/$package=ALL-UNNAMED"
    done
    opens="$opens --add-opens=java.security.jgss/sun.security.krb5=ALL-UNNAMED"
    opens="$opens --sun-misc-unsafe-memory-access=allow"
    opens="$opens -Dio.netty.tryReflectionSetAccessible=true -Dio.netty.allocator.type=pooled"
    opens="$opens -Dlog4j2.configurationFile=org/repvgg/spark/log4j2-quiet.properties"
    set -- -cp "$jar:$spark" org.repvgg.cli.Main "$@"
else
    set -- -jar "$jar" "$@"
fi

# java.library.path names a folder that does not exist: a PyTorch installed on this machine would
# otherwise be mixed with ours and crash the JVM. "exec": signals go to java itself.
# $heap and $opens may be empty, REPVGG_OPTS is a list of words on purpose.
# shellcheck disable=SC2086
exec "$java" \
    --add-modules jdk.incubator.vector \
    --enable-native-access=ALL-UNNAMED \
    -XX:+UseParallelGC \
    -XX:MaxRAMPercentage=60 \
    $heap \
    $opens \
    -Djava.awt.headless=true \
    "-Drepvgg.terminal=$terminal" \
    "-Djava.library.path=${jar%/*}/absent" \
    ${zoo:+"-Drepvgg.zoo=$zoo"} \
    ${cache:+"-XX:AOTCache=$cache"} \
    ${unpack:+"-Dorg.bytedeco.javacpp.cachedir=$unpack"} \
    ${REPVGG_OPTS:-} \
    "$@"
