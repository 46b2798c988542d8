/**
 * Stands in for the parser and printer of GraphQL that urql brings: the documents of the console were parsed when they were
 * generated, and are sent as they were written.
 */
type Document = {
  kind: string;
  definitions: readonly unknown[];
  loc: { start: number; end: number; source: { body: string; name: string; locationOffset: { line: number; column: number } } };
};

export const Kind = {
  DOCUMENT: 'Document',
  OPERATION_DEFINITION: 'OperationDefinition',
  FRAGMENT_DEFINITION: 'FragmentDefinition',
  FIELD: 'Field',
  NAME: 'Name',
} as const;

export function parse(text: string): Document {
  const [, operation = 'query', name = ''] = /^\s*(query|mutation)\s+(\w+)/.exec(text) ?? [];
  const definition = {
    kind: 'OperationDefinition',
    operation,
    name: { kind: 'Name', value: name },
    selectionSet: { kind: 'SelectionSet', selections: [] },
  };
  return {
    kind: 'Document',
    definitions: [definition],
    loc: { start: 0, end: text.length, source: { body: text, name: 'gql', locationOffset: { line: 1, column: 1 } } },
  };
}

export const print = (node: Document): string => node.loc.source.body;

export class GraphQLError extends Error {
  readonly extensions: Record<string, unknown>;
  constructor(
    message: string,
    _nodes?: unknown,
    _source?: unknown,
    _positions?: unknown,
    _path?: unknown,
    _original?: unknown,
    extensions?: Record<string, unknown>,
  ) {
    super(message);
    this.extensions = extensions ?? {};
  }
}
