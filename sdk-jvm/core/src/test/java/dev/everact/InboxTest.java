// The messages of a process' function, as the parts of a page come in on several threads.
package dev.everact;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.everact.internal.Bytes;
import dev.everact.internal.Layout;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class InboxTest {
  private final Inbox inbox = new Inbox(null, 7);

  private static Received message(long number, int follow) {
    return message(number, follow, 0);
  }

  private static Received message(long number, int follow, int handler) {
    Bytes record = new Bytes(128);
    int at = record.begin(Layout.TURN_TYPE, Layout.TURN_FIXED_BYTES, Layout.TURN_FLAG_RECEIVED, 7);
    record.setI64(at + Layout.TURN_REVISION_AT, (long) follow << 48 | number);
    record.setU16(at + Layout.TURN_HANDLER_AT, handler);
    record.end(at);
    return Received.read(record.array, at, null);
  }

  private List<Long> held() {
    List<Long> numbers = new ArrayList<>();
    for (Received one = inbox.first(); one != null; one = one.next) {
      numbers.add(one.number);
    }
    return numbers;
  }

  @Test
  void aPageIsPutTogetherHoweverItsPartsCome() {
    inbox.arrives(message(3, 1));
    inbox.arrives(message(1, 3));
    inbox.arrives(message(4, 0));
    assertEquals(List.of(), held(), "nothing is moved before the page is whole");
    inbox.arrives(message(2, 2));
    assertEquals(1, inbox.await(0).number);
    assertEquals(List.of(1L, 2L, 3L, 4L), held());
  }

  @Test
  void aPartThatIsReadTwiceCountsOnce() {
    inbox.arrives(message(1, 1));
    inbox.arrives(message(1, 1));
    inbox.arrives(message(2, 0));
    inbox.arrives(message(2, 0));
    assertEquals(1, inbox.await(0).number);
    assertEquals(List.of(1L, 2L), held());
  }

  @Test
  void whatIsTakenOutLeavesTheOthersInOrder() {
    for (int i = 1; i <= 4; i++) {
      inbox.arrives(message(i, 4 - i));
    }
    Received first = inbox.await(0);
    inbox.remove(first.next);
    assertEquals(List.of(1L, 3L, 4L), held());
    inbox.remove(first);
    inbox.remove(inbox.first().next);
    assertEquals(List.of(3L), held());
    inbox.remove(inbox.first());
    assertNull(inbox.first());
    inbox.arrives(message(5, 0));
    assertEquals(5, inbox.await(0).number);
  }

  @Test
  void thoseThatTellOfAnEndAreFoundWithoutALookAtOthers() {
    for (int i = 1; i <= 100; i++) {
      inbox.arrives(message(i, 100 - i, i % 50 == 0 ? Layout.HANDLER_DOWN : 0));
    }
    inbox.await(0);
    List<Received> downs = new ArrayList<>();
    inbox.downs().forEach(downs::add);
    assertEquals(List.of(50L, 100L), downs.stream().map(one -> one.number).toList());
    inbox.remove(downs.get(0));
    assertEquals(100, inbox.downs().iterator().next().number);
    assertEquals(99, held().size());
  }

  @Test
  void aTimeOutOrTheEndIsWhatAWaitGets() {
    inbox.timesOut();
    assertNull(inbox.await(1));
    inbox.arrives(message(1, 0));
    inbox.end();
    assertThrows(ProcessEnded.class, () -> inbox.await(1), "what has come counts no more");
    assertThrows(ProcessEnded.class, inbox::begin);
  }

  @Test
  void theEndInterruptsTheFunctionsThreadAndNoOther() {
    inbox.begin();
    inbox.finish();
    inbox.end();
    assertFalse(Thread.interrupted(), "it has gone on to something else");
    Inbox other = new Inbox(null, 8);
    other.begin();
    other.end();
    assertTrue(Thread.interrupted(), "it runs here");
  }
}
