// What an engine and a turn do alike with processes.
package dev.everact;

import java.util.List;
import java.util.Optional;

/** Commands from outside, or in the name of a turn. */
abstract class ProcessCalls implements ProcessScope {
  /** The engine on this side of the boundary. */
  abstract Host processHost();

  /** In whose name; null from outside. */
  TurnContext within() {
    return null;
  }

  @Override
  public <P> ProcessRef<P> spawn(Spawn<P> process) {
    return Commands.spawn(processHost(), within(), process, 0);
  }

  @Override
  public void exit(Address<?> to, ExitReason reason) {
    Commands.exit(processHost(), within(), to, reason);
  }

  @Override
  public void register(String name, ProcessRef<?> process) {
    Commands.register(processHost(), within(), name, process.number());
  }

  @Override
  public Optional<ProcessRef<?>> unregister(String name) {
    return Commands.unregister(processHost(), within(), name);
  }

  @Override
  public Optional<ProcessRef<?>> whereis(String name) {
    return Commands.whereis(processHost(), within(), name);
  }

  @Override
  public void join(String group, ProcessRef<?> process) {
    Commands.join(processHost(), within(), group, process.number());
  }

  @Override
  public boolean leave(String group, ProcessRef<?> process) {
    return Commands.leave(processHost(), within(), group, process.number());
  }

  @Override
  public List<ProcessRef<?>> members(String group) {
    return Commands.members(processHost(), within(), group);
  }

  @Override
  public List<String> groups() {
    return Commands.groups(processHost());
  }

  @Override
  public int publish(String group, String handler, Object message) {
    return Commands.publish(processHost(), within(), group, handler, message);
  }

  @Override
  public SupervisorRef startSupervisor(Supervisor supervisor) {
    return Supervisors.start(processHost(), within(), supervisor);
  }
}
