/** Every request of the console: the session's cookie, and the header that another site's form cannot send. */
import { OFFLINE, Problem, problemOfBody } from './problem';

let position = '';
let signedOut: (code: string) => void = () => undefined;

/** Reads that follow see at least this write. */
export const sawWrite = (at: string): void => {
  position = at;
};

/** What happens when the server no longer knows the session. */
export const onSignedOut = (act: (code: string) => void): void => {
  signedOut = act;
};

export function headers(): Record<string, string> {
  const all: Record<string, string> = { 'Meguri-Request': 'console' };
  if (position) all['Meguri-Position'] = position;
  return all;
}

/** `fetch` that says when the session has ended. */
export const watched: typeof fetch = async (input, init) => {
  const response = await fetch(input, init);
  if (response.status === 401) {
    const body: unknown = await response
      .clone()
      .json()
      .catch(() => null);
    signedOut(problemOfBody(body, 401).code);
  }
  return response;
};

type Method = 'GET' | 'POST' | 'DELETE' | 'PUT' | 'PATCH';

/** One REST request; throws a `Problem`. */
export async function rest<T>(method: Method, path: string, body?: unknown, quiet = false): Promise<T> {
  let response: Response;
  try {
    response = await (quiet ? fetch : watched)(path, {
      method,
      credentials: 'same-origin',
      headers: { ...headers(), ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch {
    throw OFFLINE;
  }
  const text = await response.text();
  let value: unknown = null;
  try {
    value = text === '' ? null : JSON.parse(text);
  } catch {
    throw new Problem('http.not_json', { ja: 'サーバーの応答を読めませんでした。', en: 'The answer could not be read.' });
  }
  if (!response.ok) throw problemOfBody(value, response.status);
  return value as T;
}
