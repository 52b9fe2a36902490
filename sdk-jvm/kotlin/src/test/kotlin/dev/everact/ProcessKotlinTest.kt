// Processes from Kotlin: sealed classes as messages, a lambda as the function, method references as handlers.
package dev.everact

import java.time.Duration
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertIs

sealed interface ToPong

data class PingPong(val from: ProcessRef<Answered>, val number: Int) : ToPong

class Over : ToPong

data class Answered(val number: Int)

class Tally : HandlerProcess() {
    var count = 0

    @Handler
    fun add(more: Int): Int {
        count += more
        return count
    }

    @Handler
    fun spawnOne(context: Context): ProcessRef<Tally> = context.spawnLink(Tally::class.java) { it.count = count }
}

class ProcessKotlinTest {
    private val said = LinkedBlockingQueue<Any>()

    private val pong =
        ProcessKind.receiving("pong", ToPong::class.java) { context ->
            while (true) {
                when (val message = context.receive()) {
                    is PingPong -> message.from.tell(Answered(message.number))
                    is Over -> return@receiving
                }
            }
        }

    private val ping =
        ProcessKind.receiving("ping", Answered::class.java, Int::class.javaObjectType) { context, times ->
            val other = context.spawnLink(pong)
            val monitor = context.monitor(other)
            repeat(times) { number ->
                other.tell(PingPong(context.self(), number))
                said.add(context.receive { it.number == number })
            }
            other.tell(Over())
            said.add(context.receive(monitor).reason)
            said.add(context.poll(Duration.ZERO).isEmpty)
        }

    @Test
    fun theFunctionsOfProcessesAreLambdas() {
        Engine.inMemory(Kinds.of(ping, pong)).use { engine ->
            assertEquals(ExitReason.NORMAL, engine.spawn(ping, 2).ended().join())
            assertEquals(Answered(0), said.poll(10, TimeUnit.SECONDS))
            assertEquals(Answered(1), said.poll(10, TimeUnit.SECONDS))
            assertEquals(ExitReason.NORMAL, said.poll(10, TimeUnit.SECONDS))
            assertEquals(true, said.poll(10, TimeUnit.SECONDS))
        }
    }

    @Test
    fun classesWithHandlersAreProcessesToo() {
        Engine.inMemory(Tally::class.java).use { engine ->
            val tally = engine.spawn(Tally::class.java) { it.count = 5 }
            assertEquals(7, tally.call(Tally::add, 2))
            val child = tally.call(Tally::spawnOne)
            tally.tell(Tally::add, 1)
            assertEquals(8, child.call(Tally::add, 1))
            val ended = child.ended()
            tally.exit(ExitReason.custom(mapOf("code" to 7)))
            assertEquals(mapOf("code" to 7), assertIs<ExitReason.Custom>(ended.join()).detail)
            val supervisor =
                engine.startSupervisor(Supervisor.of(Strategy.ONE_FOR_ONE, Child.of(Tally::class.java) { it.count = 1 }))
            assertEquals(ChildCounts(1, 1, 0, 1), supervisor.count().join())
        }
    }
}
