/**
 * The types that generated code gives its users: from a method's descriptor to what is asked and answered.
 */

import {
  type DescMessage,
  type DescMethod,
  type MessageInitShape,
  type MessageShape,
} from '@bufbuild/protobuf';

import { type Kind } from './kind.js';

/** A message, or what makes one: an object with the fields that are not left out. */
export type Init<Desc extends DescMessage> = MessageInitShape<Desc>;

/** What a handler with one reply gives. */
export type Reply<Desc extends DescMessage> = Init<Desc> | Promise<Init<Desc>>;

/** What a handler with a list of replies gives: a list, a generator, or a promise of a list. */
export type Replies<Desc extends DescMessage> =
  Iterable<Init<Desc>> | AsyncIterable<Init<Desc>> | Promise<Iterable<Init<Desc>>>;

/** What a handler without a reply gives. */
export type Done = void | Promise<void>;

/** The methods of a service by their local names. */
export type Methods = Readonly<Record<string, DescMethod>>;

/** The methods of a declared kind. */
export type MethodsOf<K extends Kind> = NonNullable<K['~methods']>;

/** The local names of a declared kind's methods. */
export type MethodName<K extends Kind> = keyof MethodsOf<K> & string;

/** What a method is asked with: a request, or for client streaming a list of them. */
export type RequestOf<K extends Kind, N extends MethodName<K>> = MethodsOf<K>[N] extends {
  readonly methodKind: 'client_streaming';
  readonly input: infer I extends DescMessage;
}
  ? Iterable<Init<I>>
  : MethodsOf<K>[N] extends { readonly input: infer I extends DescMessage }
    ? Init<I>
    : never;

/** What a method answers: a reply, a list of them, or nothing for `google.protobuf.Empty`. */
export type ReplyOf<K extends Kind, N extends MethodName<K>> = MethodsOf<K>[N] extends {
  readonly methodKind: infer Streams;
  readonly output: infer O extends DescMessage;
}
  ? Streams extends 'server_streaming' | 'bidi_streaming'
    ? MessageShape<O>[]
    : MessageShape<O>['$typeName'] extends 'google.protobuf.Empty'
      ? undefined
      : MessageShape<O>
  : never;
