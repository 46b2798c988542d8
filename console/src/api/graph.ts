import {
  Client,
  fetchExchange,
  type AnyVariables,
  type Exchange,
  type OperationResult,
  type TypedDocumentNode,
} from '@urql/core';
import { filter, map, merge, pipe, share, tap } from 'wonka';
import { headers, sawWrite, watched } from './http';
import { problemOf } from './problem';

/**
 * The last answer to each question, shown until the new one is there. Questions are sent as they were written: the
 * usual cache would ask for the type of everything in them.
 */
const lastAnswers: Exchange = ({ forward }) => {
  const answers = new Map<number, OperationResult>();
  return (operations) => {
    const all = share(operations);
    const known = pipe(
      all,
      filter(
        (operation) =>
          operation.kind === 'query' && operation.context.requestPolicy !== 'network-only' && answers.has(operation.key),
      ),
      map((operation) => ({
        ...(answers.get(operation.key) as OperationResult),
        operation,
        stale: operation.context.requestPolicy === 'cache-and-network',
      })),
    );
    const asked = pipe(
      all,
      filter(
        (operation) =>
          !(operation.kind === 'query' && operation.context.requestPolicy === 'cache-first' && answers.has(operation.key)),
      ),
      forward,
      tap((result) => {
        if (result.operation.kind === 'query' && result.data !== undefined && !result.error)
          answers.set(result.operation.key, result);
      }),
    );
    return merge([known, asked]);
  };
};

export const makeClient = (): Client =>
  new Client({
    url: '/graphql',
    // a mutation never runs over GET, and the gateway takes nothing else than POST
    preferGetMethod: false,
    exchanges: [lastAnswers, fetchExchange],
    requestPolicy: 'cache-and-network',
    fetch: watched,
    fetchOptions: () => ({ credentials: 'same-origin', headers: headers() }),
  });

/** One question or write; throws a `Problem`. */
export async function ask<D, V extends AnyVariables>(
  client: Client,
  document: TypedDocumentNode<D, V>,
  variables: V,
): Promise<D> {
  const result = await client.query(document, variables, { requestPolicy: 'network-only' }).toPromise();
  if (result.data === undefined) throw problemOf(result.error ?? { graphQLErrors: [] });
  return result.data;
}

/** One write. Reads that follow see it. */
export async function write<D, V extends AnyVariables>(
  client: Client,
  document: TypedDocumentNode<D, V>,
  variables: V,
): Promise<D> {
  const result = await client.mutation(document, variables).toPromise();
  const data = result.data;
  if (data === undefined) throw problemOf(result.error ?? { graphQLErrors: [] });
  for (const payload of Object.values(data as Record<string, unknown>)) {
    if (typeof payload === 'object' && payload !== null && 'position' in payload) sawWrite(String(payload.position));
  }
  return data;
}
