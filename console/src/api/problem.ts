/** A refusal by the server, in its own words. */
export type Words = { ja: string; en: string };
export type Field = Words & { path: string; code: string };

export class Problem extends Error {
  readonly code: string;
  readonly words: Words;
  readonly fields: readonly Field[];
  readonly status: number;
  /** Of a sign-in that must register a second factor first. */
  readonly enrolmentToken: string | null;
  constructor(code: string, words: Words, fields: readonly Field[] = [], status = 0, enrolmentToken: string | null = null) {
    super(`${code}: ${words.en}`);
    this.code = code;
    this.words = words;
    this.fields = fields;
    this.status = status;
    this.enrolmentToken = enrolmentToken;
  }
}

export const OFFLINE = new Problem('console.offline', {
  ja: 'サーバーに接続できません。通信の状態を確かめて、もう一度お試しください。入力した内容は残っています。',
  en: 'The server cannot be reached. Check the connection and try again. What you entered is still here.',
});

const isText = (value: unknown): value is string => typeof value === 'string';

/** A problem document (RFC 9457) of a REST answer. */
export function problemOfBody(body: unknown, status: number): Problem {
  const at = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  const fields = Array.isArray(at.errors) ? (at.errors as Field[]) : [];
  const ja = isText(at.detail) ? at.detail : 'サーバーが要求を処理できませんでした。';
  const en = isText(at.title) ? at.title : 'The server could not handle the request.';
  return new Problem(
    isText(at.code) ? at.code : `http.${status}`,
    { ja, en },
    fields,
    status,
    isText(at.enrolment_token) ? at.enrolment_token : null,
  );
}

type GraphError = { message: string; extensions?: Record<string, unknown> };
type Combined = { networkError?: Error; graphQLErrors: readonly GraphError[]; response?: { status?: number } };

/** The first error of a GraphQL answer. */
export function problemOf(error: Combined): Problem {
  const first = error.graphQLErrors[0];
  if (!first) return error.networkError instanceof Problem ? error.networkError : OFFLINE;
  const { code, ja, en, errors } = first.extensions ?? {};
  const words = { ja: isText(ja) ? ja : first.message, en: isText(en) ? en : first.message };
  return new Problem(isText(code) ? code : 'graphql.unknown', words, Array.isArray(errors) ? (errors as Field[]) : []);
}
