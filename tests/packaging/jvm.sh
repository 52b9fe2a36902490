#!/usr/bin/env bash
# Deploys the jars to a Maven repository in a folder, takes them from there into blank projects and runs the quickstart, on each JDK at hand; then a
# new project that the command makes. The last line counts: N passed, N failed.
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
repository=$root/target/packaging/jvm
tools=$root/target/venv-packaging
version=$(sed -nE '0,/<version>/s/.*<version>(.*)<\/version>/\1/p' "$root/sdk-jvm/pom.xml")
target=x86_64-unknown-linux-gnu
platform=linux-x86_64
kotlin=2.2.21
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# shellcheck source=tests/packaging/checks.bash
source "$root/tests/packaging/checks.bash"
# shellcheck source=tests/packaging/projects.bash
source "$root/tests/packaging/projects.bash"

build_library() {
    install_tools && library=$(PATH=$tools/bin:$PATH EVERACT_TARGET=$target.2.17 "$root/core/build.sh" everact-jvm)/libeveract_jvm.so
}

deploy() {
    rm -rf "$repository" && cp -r "$root/sdk-jvm" "$work/sdk-jvm" && cp -r "$root/LICENSE" "$root/proto" "$work/" && rm -rf "$work"/sdk-jvm/*/target &&
        (cd "$work/sdk-jvm" && mvn -B -q deploy -Prelease -DskipTests -Dspotless.check.skip \
            "-Deveract.native.folder=$(dirname "$library")" "-Deveract.corpus.folder=$root/core/codegen/tests/corpus" \
            "-DaltDeploymentRepository=packaging::file://$repository")
}

jar_at() { # artifact classifier
    echo "$repository/dev/everact/$1/$version/$1-$version${2:+-$2}.jar"
}

lists() { # file pattern
    grep -qE "$2" <<<"$(python3 -m zipfile --list "$1")"
}

jars_hold_what_they_should() {
    lists "$(jar_at everact)" 'dev/everact/Engine.class' && lists "$(jar_at everact)" META-INF/LICENSE &&
        ! lists "$(jar_at everact)" '\.so ' &&
        lists "$(jar_at everact "$platform")" "META-INF/everact/$platform/libeveract_jvm.so" &&
        lists "$(jar_at everact sources)" 'dev/everact/Engine.java' &&
        lists "$(jar_at everact javadoc)" 'dev/everact/Engine.html' &&
        lists "$(jar_at everact-proto)" 'dev/everact/proto/ProtoKind.class' && lists "$(jar_at everact-proto)" 'dev/everact/v1/OptionsProto.class' &&
        lists "$(jar_at everact-proto)" META-INF/LICENSE
}

dependency() { # artifact classifier
    printf '<dependency><groupId>dev.everact</groupId><artifactId>%s</artifactId><version>%s</version>' "$1" "$version"
    printf '%s</dependency>' "${2:+<classifier>$2</classifier>}"
}

# A blank project in an empty folder, with an empty local repository: nothing of this machine's.
project() { # folder dependencies
    mkdir -p "$1/src/main/java" && cp "$root/examples/quickstart/jvm/Main.java" "$1/src/main/java/" &&
        cat >"$1/pom.xml" <<POM
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>example</groupId>
  <artifactId>quickstart</artifactId>
  <version>1</version>
  <properties>
    <maven.compiler.source>17</maven.compiler.source>
    <maven.compiler.target>17</maven.compiler.target>
    <project.build.sourceEncoding>UTF-8</project.build.sourceEncoding>
  </properties>
  <repositories><repository><id>packaging</id><url>file://$repository</url></repository></repositories>
  <dependencies>$2</dependencies>
</project>
POM
    (cd "$1" && mvn -B -q "-Dmaven.repo.local=$work/repository" compile dependency:copy-dependencies)
}

runs_the_quickstart() { # folder java
    local run answer
    rm -rf "$1/flights-data"
    for run in 1 2; do
        answer=$(cd "$1" && "$2" -Deveract.cache="$work/cache" -cp 'target/classes:target/dependency/*' Main 2>"$1/stderr") || {
            cat "$1/stderr"
            return 1
        }
        printf 'quickstart, run %s: %s\n' "$run" "$answer"
        [[ $answer == "flight $run, 12 minutes late" ]] || return 1
    done
}

# Without the jar of its platform a program says what it lacks.
says_what_is_missing() { # folder
    local said
    said=$(cd "$1" && java -cp 'target/classes:target/dependency/*' Main 2>&1) && return 1
    grep -q "no native library for $platform on the class path: depend on dev.everact:everact-all" <<<"$said"
}

# A Kotlin class as an actor, asked by name and by Kotlin's own references.
runs_from_kotlin() { # folder
    project "$1" "$(dependency everact-all)<dependency><groupId>org.jetbrains.kotlin</groupId><artifactId>kotlin-stdlib</artifactId><version>$kotlin</version></dependency>" || return 1
    cat >"$1/src/main/java/Flights.kt" <<'KOTLIN' || return 1
import dev.everact.*

class Gate : Actor() {
    var flights = 0

    @Handler
    fun landed(delay: Int): String = "flight ${++flights}, $delay minutes late"

    @Handler
    fun clear() { flights = 0 }

    @Handler
    fun pass(to: String, context: Context) = context.tell(context.actor(Gate::class.java, to), Gate::landed, 3)
}

fun main() {
    Engine.inMemory(Gate::class.java).use { engine ->
        val gate = engine.actor(Gate::class.java, "A1")
        gate.call("landed", String::class.java, 12)
        gate.call(Gate::clear)
        gate.ask(Gate::pass, "A2").join()
        println(gate.call(Gate::landed, 12))
    }
}
KOTLIN
    local answer
    answer=$(cd "$1" && mvn -B -q "-Dmaven.repo.local=$work/repository" "org.jetbrains.kotlin:kotlin-maven-plugin:$kotlin:compile" -Dkotlin.compiler.jvmTarget=17 -Dkotlin.compiler.daemon=false >&2 \
        && java -Deveract.cache="$work/cache" -cp 'target/classes:target/dependency/*' FlightsKt) || return 1
    printf 'from Kotlin: %s\n' "$answer"
    [[ $answer == "flight 1, 12 minutes late" ]]
}

print_size() { # folder
    [[ -d $1/target/dependency && -d $work/cache ]] || return 1
    printf 'jars: '
    (cd "$1/target/dependency" && stat -c '%n %s bytes' ./* | paste -sd ';')
    printf 'installed: %s KiB, unpacked library: %s KiB\n' "$(du -sk "$1/target/dependency" | cut -f1)" "$(du -sk "$work/cache" | cut -f1)"
}

# A new project asks no repository but the public ones: the jars are put where they will be cached, as `mvn install` leaves them.
install_locally() {
    rm -rf "$work/repository/dev/everact" && mkdir -p "$work/repository/dev" && cp -r "$repository/dev/everact" "$work/repository/dev/"
}

javas() { # every java from 17 on that is installed beside the default one, once
    local home
    home=$(java -XshowSettings:properties -version 2>&1 | sed -nE 's/^ *java.home = (.*)/\1/p')
    for java in "$(dirname "$home")"/*/bin/java; do
        echo "$("$java" -version 2>&1 | sed -nE '1s/.*"([0-9]+).*/\1/p') $java"
    done | sort -u -k1,1n | awk '$1 >= 17'
}

check "the library is built" build_library
check "it is for glibc 2.17 and newer" needs_no_newer_glibc "$library"
check "the jars are deployed" deploy
check "they hold what they should" jars_hold_what_they_should
check "a project takes everact-all" project "$work/all" "$(dependency everact-all)"
check "a project takes everact and the jar of its platform" project "$work/thin" "$(dependency everact)$(dependency everact "$platform")"
check "a project takes everact alone" project "$work/bare" "$(dependency everact)"
while read -r number java; do
    check "Java $number runs the quickstart" runs_the_quickstart "$work/all" "$java"
done < <(javas)
check "the quickstart runs with one platform's jar" runs_the_quickstart "$work/thin" java
check "Kotlin asks by name and by reference" runs_from_kotlin "$work/kotlin"
check "what is missing is named" says_what_is_missing "$work/bare"
check "the command is installed" installs_the_command
check "the jars are installed" install_locally
export MAVEN_OPTS="${MAVEN_OPTS:-} -Dmaven.repo.local=$work/repository -Deveract.cache=$work/cache"
check_new_project "$work/java" java everact
check_new_project "$work/kotlin-contract" kotlin --contract everact
check "its size is printed" print_size "$work/all"
finish
