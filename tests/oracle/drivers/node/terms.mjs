/** The normal forms of the oracle's README: reasons and messages as texts and lists, and back. */

import { world } from './world.mjs';

/** What a process ends with that gave the SDK what cannot be. */
const ERRORS_OF_OURS = ['InvalidArgument', 'InvalidPayload', 'InvalidState'];

/** A reason as a text. */
export function textOf(reason) {
  switch (reason.type) {
    case 'no_process':
      return 'noproc';
    case 'shutdown':
      return reason.detail === undefined ? 'shutdown' : shutdownText(reason.detail);
    case 'failed':
      if (ERRORS_OF_OURS.includes(reason.name)) {
        return 'error:nonsense';
      }
      return `error:${reason.text.replace(`${reason.name}: `, '')}`;
    case 'swapped':
      return `swapped:${reason.new}`;
    case 'custom':
      return `custom:${reason.detail}`;
    default:
      return reason.type;
  }
}

/** A detail is a text, or says which child did not start. */
function shutdownText(detail) {
  if (typeof detail !== 'object') {
    return `shutdown:${detail}`;
  }
  const { is, ...rest } = detail.reason;
  return notStarted(detail.not_started, { type: is, ...rest });
}

/** Which child did not start, through all levels, and why. */
export function notStarted(path, reason) {
  return path.map((child) => `shutdown:failed_to_start_child ${child} `).join('') + textOf(reason);
}

/** The reason of a text. */
export function reasonOf(text) {
  if (text === 'too long') {
    return { type: 'custom', detail: 'x'.repeat(70_000) };
  }
  if (text === 'unencodable') {
    return { type: 'custom', detail: () => undefined };
  }
  const colon = text.indexOf(':');
  if (colon < 0) {
    return { type: text === 'noproc' ? 'no_process' : text };
  }
  return { type: text.slice(0, colon), detail: text.slice(colon + 1) };
}

/** A message of a mailbox as a list; `monitors` are the names of the watches of who received it. */
export function shown(message, monitors) {
  switch (message.type) {
    case 'exit':
      return ['exit', world.nameOf(message.from), textOf(message.reason)];
    case 'down':
      return ['down', monitors.get(message.monitor.id) ?? '?', textOf(message.reason)];
    case 'handler_gone':
      return ['handler_gone', message.id, textOf(message.reason)];
    case 'joined':
    case 'left':
      return [message.type, message.group, [world.nameOf(message.process)]];
    default:
      return ['message', message.tag];
  }
}

/** Whether a list begins with another. */
export function begins(list, beginning) {
  return beginning.every((part, at) => JSON.stringify(part) === JSON.stringify(list[at]));
}
