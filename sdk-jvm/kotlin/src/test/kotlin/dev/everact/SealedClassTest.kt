// Kotlin's sealed classes as state and messages, without jackson-module-kotlin: annotations say how the JSON tells them apart.
package dev.everact

import com.fasterxml.jackson.annotation.JsonSubTypes
import com.fasterxml.jackson.annotation.JsonTypeInfo
import dev.everact.errors.InvalidDeclarationException
import dev.everact.errors.InvalidPayloadException
import java.nio.file.Files
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertTrue

@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes(
    JsonSubTypes.Type(value = Payment.Card::class, name = "card"),
    JsonSubTypes.Type(value = Payment.Cash::class, name = "cash"),
    JsonSubTypes.Type(value = Payment.None::class, name = "none"),
)
sealed class Payment {
    data class Card(val number: String, val cents: Long, val note: String? = null) : Payment()

    data class Cash(val cents: Long) : Payment()

    data object None : Payment()
}

class Till : Actor() {
    var last: Payment = Payment.None
    var payments: MutableList<Payment> = mutableListOf()

    @Handler
    fun pay(payment: Payment): Payment {
        val before = last
        last = payment
        payments.add(payment)
        return before
    }

    @Handler(readOnly = true)
    fun all(): List<Payment> = payments

    @Handler(readOnly = true)
    fun cents(): Long = payments.sumOf {
        when (it) {
            is Payment.Card -> it.cents
            is Payment.Cash -> it.cents
            Payment.None -> 0
        }
    }
}

sealed class Plain {
    data class One(val number: Int) : Plain()
}

class PlainState : Actor() {
    var plain: Plain = Plain.One(1)
}

class SealedClassTest {
    private val card = Payment.Card("4711", 9007199254740993)

    @Test
    fun whatIsSealedIsMessageReplyAndState() {
        val folder = Files.createTempDirectory("everact").resolve("data")
        Engine.open(folder, Till::class.java).use { engine ->
            val till = engine.actor(Till::class.java, "t")
            assertEquals(Payment.None, till.call(Till::pay, card))
            assertEquals<Payment>(card, till.call(Till::pay, Payment.Cash(7)))
            assertEquals<Payment>(Payment.Cash(7), till.call(Till::pay, Payment.None))
        }
        Engine.open(folder, Till::class.java).use { engine ->
            val till = engine.actor(Till::class.java, "t")
            assertEquals(listOf(card, Payment.Cash(7), Payment.None), till.call(Till::all))
            assertEquals(9007199254741000, till.call(Till::cents))
            val before = till.call("pay", Map::class.java, mapOf("type" to "card", "number" to "1", "cents" to 1))
            assertEquals(mapOf("type" to "none"), before)
            assertEquals<Payment>(Payment.Card("1", 1), till.call(Till::pay, card))
            assertFailsWith<InvalidPayloadException> {
                till.call("pay", Map::class.java, mapOf("type" to "cheque", "cents" to 1))
            }
        }
    }

    @Test
    fun withoutAnnotationsItIsNoState() {
        val refused = assertFailsWith<InvalidDeclarationException> { Engine.inMemory(PlainState::class.java).close() }
        assertTrue("plain: the type Plain is abstract" in refused.message.orEmpty(), refused.message)
    }
}
