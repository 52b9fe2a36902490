// What a turn does about the ties of its actor or process.
package dev.everact;

import dev.everact.errors.InvalidArgumentException;
import dev.everact.internal.Layout;
import java.util.List;
import java.util.Optional;

/** Links, watches, names and groups in the name of a turn. */
abstract class TurnTies extends ProcessCalls implements Context {
  final Turn turn;

  TurnTies(Turn turn) {
    this.turn = turn;
  }

  @Override
  Host processHost() {
    return turn.host;
  }

  @Override
  public ProcessRef<?> self() {
    return new ProcessRef<>(turn.host, kind(), own());
  }

  /** The number of the turn's process. */
  private long own() {
    if (!turn.activation.kind.isProcess()) {
      throw new InvalidArgumentException("the actor " + kind() + "/" + key() + " is no process");
    }
    return turn.activation.process();
  }

  @Override
  public Optional<ProcessRef<?>> senderProcess() {
    return Optional.ofNullable(turn.senderProcess());
  }

  @Override
  public <P> Monitored<P> spawnMonitor(Spawn<P> process) {
    Monitor monitor = new Monitor(turn.host.newMonitor());
    ProcessRef<P> spawned = Commands.spawn(turn.host, within(), process, monitor.number());
    return new Monitored<>(spawned, monitor);
  }

  @Override
  public void link(Address<?> to) {
    Commands.tie(within(), Layout.TIE_LINK, 0, to, 0);
  }

  @Override
  public void unlink(Address<?> from) {
    Commands.tie(within(), Layout.TIE_UNLINK, 0, from, 0);
  }

  @Override
  public List<Address<?>> links() {
    return Commands.links(within(), own());
  }

  @Override
  public Monitor monitor(Address<?> of) {
    Monitor monitor = new Monitor(turn.host.newMonitor());
    Commands.tie(within(), Layout.TIE_MONITOR, 0, of, monitor.number());
    return monitor;
  }

  @Override
  public boolean demonitor(Monitor monitor, boolean flush) {
    int flags = flush ? Layout.TIE_FLAG_FLUSH : 0;
    return Commands.tie(within(), Layout.TIE_DEMONITOR, flags, null, monitor.number());
  }

  @Override
  public boolean trapExits(boolean traps) {
    int flags = traps ? Layout.TIE_FLAG_ON : 0;
    return Commands.tie(within(), Layout.TIE_TRAP_EXITS, flags, null, 0);
  }

  @Override
  public Error exit(ExitReason reason) {
    own();
    throw new ProcessExit(turn, reason);
  }

  @Override
  public void register(String name) {
    Commands.register(turn.host, within(), name, own());
  }

  @Override
  public void join(String group) {
    Commands.join(turn.host, within(), group, own());
  }

  @Override
  public boolean leave(String group) {
    return Commands.leave(turn.host, within(), group, own());
  }

  @Override
  public GroupWatch monitorGroup(String group) {
    if (group.isEmpty()) {
      throw new InvalidArgumentException("a group's name is not empty");
    }
    return Commands.monitorGroup(within(), group, own());
  }

  @Override
  public GroupWatch monitorGroups() {
    return Commands.monitorGroup(within(), "", own());
  }

  @Override
  public boolean demonitor(GroupMonitor monitor) {
    return Commands.demonitorGroup(within(), monitor);
  }
}
