// What the core tells a process: ends of others, changes of groups, and handlers that left.
package dev.everact;

/**
 * Comes to the mailbox of a process as other messages do. A class with handlers has hooks for it.
 */
public sealed interface SystemMessage permits Exit, Down, GroupChange, HandlerGone {}
