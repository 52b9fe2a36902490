// Generated Kotlin through a real engine: handlers and asks that suspend.
package dev.everact.proto

import com.example.flights.v1.AirportClosed
import com.example.flights.v1.AirportClosedException
import com.example.flights.v1.AirportState
import com.example.flights.v1.AirportsCoroutineActor
import com.example.flights.v1.AirportsCoroutineClient
import com.example.flights.v1.AirportsCoroutineReference
import com.example.flights.v1.ClearRequest
import com.example.flights.v1.Flight
import com.example.flights.v1.LandedRequest
import com.example.flights.v1.LandedResponse
import com.example.flights.v1.LateRequest
import com.example.flights.v1.NoteRequest
import com.example.flights.v1.SummaryRequest
import com.example.flights.v1.SummaryResponse
import dev.everact.Context
import dev.everact.Engine
import dev.everact.errors.HandlerFailedException
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.delay
import kotlinx.coroutines.runBlocking
import java.nio.file.Files
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith

class Airports : AirportsCoroutineActor() {
    override suspend fun landed(request: LandedRequest, context: Context): LandedResponse {
        delay(1)
        state = state.toBuilder().setFlights(state.flights + 1).addLate(request.flight).build()
        check(request.flight.delay >= 0) { "never landed" }
        if (request.flight.number == "closed") {
            throw AirportClosedException("closed", AirportClosed.newBuilder().setAirport(request.airport).build())
        }
        if (request.flight.number == "connects") {
            AirportsCoroutineReference(context, "OAK").upload(listOf(LandedRequest.getDefaultInstance()))
            AirportsCoroutineReference(context, "JFK").tellLanded(LandedRequest.getDefaultInstance())
        }
        return LandedResponse.newBuilder().setFlights(state.flights).build()
    }

    override suspend fun summary(request: SummaryRequest, context: Context): SummaryResponse =
        SummaryResponse.newBuilder().setFlights(state.flights).setNote(state.note).build()

    override suspend fun late(request: LateRequest, context: Context): List<Flight> = state.lateList

    override suspend fun upload(requests: List<LandedRequest>, context: Context): LandedResponse =
        requests.map { landed(it, context) }.last()

    override suspend fun follow(request: LandedRequest, context: Context): List<LandedResponse> =
        listOf(landed(request, context))

    override suspend fun clear(request: ClearRequest, context: Context) {
        state = AirportState.getDefaultInstance()
    }

    override suspend fun note(request: NoteRequest, context: Context) {
        state = state.toBuilder().setNote(request.text).build()
    }
}

class CoroutineActorTest {
    private fun landed(number: String, delay: Int = 0): LandedRequest =
        LandedRequest.newBuilder().setFlight(Flight.newBuilder().setNumber(number).setDelay(delay)).build()

    private suspend fun AirportsCoroutineReference.flights(): Long = summary(SummaryRequest.getDefaultInstance()).flights

    @Test
    fun aDeclaredErrorArrivesAsItsClassWithItsMessage() = runBlocking {
        Engine.inMemory(Airports::class.java).use { engine ->
            val sfo = AirportsCoroutineReference(engine, "SFO")
            assertEquals("SFO", assertFailsWith<AirportClosedException> { sfo.landed(landed("closed")) }.detail().airport)
            assertEquals(0, sfo.flights())
        }
    }

    @Test
    fun everyShapeOfAMethodAnswers() = runBlocking {
        val folder = Files.createTempDirectory("everact-coroutines")
        Engine.open(folder, Airports::class.java).use { engine ->
            val sfo = AirportsCoroutineReference(engine, "SFO")
            assertEquals(1, sfo.landed(landed("a")).flights)
            assertEquals(3, sfo.upload(listOf(landed("b"), landed("c"))).flights)
            assertEquals(listOf(4L), sfo.follow(landed("d")).map { it.flights })
            assertEquals(listOf("a", "b", "c", "d"), sfo.late(LateRequest.getDefaultInstance()).map { it.number })
            sfo.note(NoteRequest.newBuilder().setText("fog").build())
            assertEquals("fog", sfo.summary(SummaryRequest.getDefaultInstance()).note)
            sfo.clear(ClearRequest.getDefaultInstance())
            assertEquals(0, sfo.flights())
        }
    }

    @Test
    fun handlersOfManyActorsSuspendAtTheSameTime() = runBlocking {
        Engine.inMemory(Airports::class.java).use { engine ->
            val airports = AirportsCoroutineClient(engine)
            val all = (0 until 200).map { async { airports.actor("k$it").landed(landed("a")).flights } }.awaitAll()
            assertEquals(200, all.sum())
        }
    }

    @Test
    fun asksAndTellsGoFromATurn() = runBlocking {
        Engine.inMemory(Airports::class.java).use { engine ->
            val sfo = AirportsCoroutineReference(engine, "SFO")
            sfo.landed(landed("connects"))
            assertEquals(1, AirportsCoroutineReference(engine, "OAK").flights())
            while (AirportsCoroutineReference(engine, "JFK").flights() == 0L) delay(1)
        }
    }

    @Test
    fun aTurnThatFailsPutsTheStateBack() = runBlocking {
        Engine.inMemory(Airports::class.java).use { engine ->
            val sfo = AirportsCoroutineReference(engine, "SFO")
            val failure = assertFailsWith<HandlerFailedException> { sfo.landed(landed("bad", -1)) }
            assertEquals("IllegalStateException: never landed", failure.message)
            assertEquals(0, sfo.flights())
        }
    }
}
