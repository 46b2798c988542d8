import { cacheExchange, Client, fetchExchange, type AnyVariables, type TypedDocumentNode } from '@urql/core';
import { headers, sawWrite, watched } from './http';
import { problemOf } from './problem';

export const makeClient = (): Client =>
  new Client({
    url: '/graphql',
    // a mutation never runs over GET, and the gateway takes nothing else than POST
    preferGetMethod: false,
    exchanges: [cacheExchange, fetchExchange],
    requestPolicy: 'cache-and-network',
    fetch: watched,
    fetchOptions: () => ({ credentials: 'same-origin', headers: headers() }),
  });

/** One question or write; throws a `Problem`. */
export async function ask<D, V extends AnyVariables>(client: Client, document: TypedDocumentNode<D, V>, variables: V): Promise<D> {
  const result = await client.query(document, variables, { requestPolicy: 'network-only' }).toPromise();
  if (result.data === undefined) throw problemOf(result.error ?? { graphQLErrors: [] });
  return result.data;
}

/** One write. Reads that follow see it. */
export async function write<D, V extends AnyVariables>(client: Client, document: TypedDocumentNode<D, V>, variables: V): Promise<D> {
  const result = await client.mutation(document, variables).toPromise();
  const data = result.data;
  if (data === undefined) throw problemOf(result.error ?? { graphQLErrors: [] });
  for (const payload of Object.values(data as Record<string, unknown>)) {
    if (typeof payload === 'object' && payload !== null && 'position' in payload) sawWrite(String(payload.position));
  }
  return data;
}
