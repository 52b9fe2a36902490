// The control plane from Kotlin: suspend functions, exceptions, records, and a close that is `use`.
package dev.everact.control

import kotlinx.coroutines.runBlocking
import java.nio.file.Files
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertTrue

class ControlTest {
    private val airport = KindOptions(name = "airport", handlers = listOf("landed"))

    @Test
    fun anEngineIsOpenedLookedAtCopiedAndClosed() = runBlocking {
        val folder = Files.createTempDirectory("everact-control")
        val data = folder.resolve("data").toString()
        val copy = folder.resolve("copy").toString()
        val back = folder.resolve("back").toString()
        Control.open(Options(data = data, kinds = listOf(airport))).use { control ->
            assertEquals(listOf("airport"), control.kinds())
            assertEquals(0UL, control.stats().activations)
            control.backup(copy)
            control.shutDown(1_000u)
            assertTrue(control.isClosed())
        }
        restore(copy, back)
        Control.open(Options(data = back, kinds = listOf(airport))).use { it.shutDown(1_000u) }
    }

    @Test
    fun theSecondHolderIsToldWhoHasTheData() = runBlocking {
        val data = Files.createTempDirectory("everact-control").toString()
        Control.open(Options(data = data)).use { first ->
            val failure = assertFailsWith<EveractException.Failed> { Control.open(Options(data = data)) }
            assertEquals("DataLocked", failure.name)
            assertTrue(ProcessHandle.current().pid().toString() in failure.text, failure.text)
            first.shutDown(1_000u)
        }
    }

    @Test
    fun theErrorTableIsTheCores() {
        val full = errors().single { it.name == "MailboxFull" }
        assertEquals(30u, full.number.toUInt())
        assertTrue(full.retryable)
    }
}
