// Kotlin's data classes as state and messages, without jackson-module-kotlin: what is stored can be read again, equal.
package dev.everact

import dev.everact.errors.InvalidPayloadException
import java.nio.file.Files
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertTrue

enum class Phase { OPEN, CLOSED }

data class Place(val name: String, val height: Double?, val floors: Int = 1)

data class Reading(
    val device: String,
    val value: Long,
    val phase: Phase,
    val place: Place,
    val tags: List<String>,
    val bySite: Map<String, Place>,
    val note: String?,
)

data class Added(val device: String, val value: Long, val unit: String = "W", val factor: Int = 3)

data class Made(var first: String, var second: Int)

class Meter : Actor() {
    var last: Reading? = null
    var readings: MutableList<Reading> = mutableListOf()
    var made = Made("", 0)

    @Handler
    fun record(reading: Reading): Int {
        last = reading
        readings.add(reading)
        made = Made(reading.device, readings.size)
        return readings.size
    }

    @Handler(readOnly = true)
    fun newest(): Reading? = last

    @Handler(readOnly = true)
    fun summary(): Made = made

    @Handler
    fun add(added: Added): String = "${added.value * added.factor} ${added.unit}"
}

class DataClassTest {
    private val place = Place("roof", null)
    private val reading =
        Reading("d1", 9007199254740993, Phase.OPEN, place, listOf("a", "b"), mapOf("x" to Place("hall", 2.5)), null)

    @Test
    fun whatIsStoredIsReadAgainEqual() {
        val folder = Files.createTempDirectory("everact").resolve("data")
        Engine.open(folder, Meter::class.java).use { engine ->
            val meter = engine.actor(Meter::class.java, "m")
            assertEquals(1, meter.call(Meter::record, reading))
            assertEquals(reading, meter.call(Meter::newest))
        }
        Engine.open(folder, Meter::class.java).use { engine ->
            val meter = engine.actor(Meter::class.java, "m")
            assertEquals(reading, meter.call(Meter::newest))
            assertEquals(Made("d1", 1), meter.call(Meter::summary))
            assertEquals(2, meter.call(Meter::record, reading.copy(note = "again", phase = Phase.CLOSED)))
            assertEquals("again", meter.call(Meter::newest)?.note)
        }
    }

    @Test
    fun parametersWithDefaultsMayBeLeftOut() {
        Engine.inMemory(Meter::class.java).use { engine ->
            val meter = engine.actor("meter", "m")
            val whole = mapOf("device" to "d", "value" to 2, "unit" to "kW", "factor" to 1)
            assertEquals("2 kW", meter.call("add", String::class.java, whole))
            assertEquals("6 W", meter.call("add", String::class.java, mapOf("device" to "d", "value" to 2)))
            assertEquals("6 kW", meter.call("add", String::class.java, mapOf("device" to "d", "value" to 2, "unit" to "kW")))
        }
    }

    @Test
    fun whatDoesNotFitIsNamed() {
        Engine.inMemory(Meter::class.java).use { engine ->
            val meter = engine.actor("meter", "m")
            val missing = assertFailsWith<InvalidPayloadException> {
                meter.call("add", String::class.java, mapOf("device" to "d"))
            }
            assertTrue("value" in missing.message.orEmpty(), missing.message)
            val nothing = assertFailsWith<InvalidPayloadException> {
                meter.call("add", String::class.java, mapOf("device" to null, "value" to 2))
            }
            assertTrue("device" in nothing.message.orEmpty(), nothing.message)
        }
    }
}
