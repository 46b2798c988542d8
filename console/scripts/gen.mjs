// Writes src/gql/*.ts (types and documents) and src/gql/operations.json (the stored operations:
// SHA-256 -> document) from the operations in src/gql/*.graphql and the server's committed schema.
// `npm run gen -- --check` only compares.
import { codegen } from '@graphql-codegen/core';
import * as operations from '@graphql-codegen/typescript-operations';
import { buildSchema, parse, print, validate, visit } from 'graphql';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

const here = new URL('../src/gql/', import.meta.url);
const schemaText = readFileSync(new URL('../../graphql/schema.graphql', import.meta.url), 'utf8');
const schema = buildSchema(schemaText);
const files = readdirSync(here)
  .filter((name) => name.endsWith('.graphql'))
  .sort();
const definitions = files.flatMap((name) => parse(readFileSync(new URL(name, here), 'utf8')).definitions);
const document = { kind: 'Document', definitions };
const faults = validate(schema, document).filter((fault) => !/never used|unused/i.test(fault.message));
if (faults.length > 0) {
  console.error(faults.map(String).join('\n\n'));
  process.exit(1);
}

const fragments = new Map(
  definitions.filter((each) => each.kind === 'FragmentDefinition').map((each) => [each.name.value, each]),
);
const uses = (definition, found = new Set()) => {
  visit(definition, {
    FragmentSpread(node) {
      const fragment = fragments.get(node.name.value);
      if (fragment && !found.has(fragment)) {
        found.add(fragment);
        uses(fragment, found);
      }
    },
  });
  return found;
};
const compact = (node) =>
  print(node)
    .replace(/\s*\n\s*/g, ' ')
    .trim();

const scalars = {
  Boxes: 'number',
  Count: 'number',
  Difference: 'number',
  Vials: 'number',
  Date: 'string',
  DateTime: 'string',
  FacilityKey: 'string',
  TerritoryCode: 'string',
  Uuid: 'string',
};
const config = {
  scalars,
  avoidOptionals: { field: true },
  enumsAsTypes: true,
  immutableTypes: true,
  useTypeImports: true,
  inputMaybeValue: 'T | null | undefined',
  skipTypename: true,
  nonOptionalTypename: true,
  exportFragmentSpreadSubTypes: true,
};
const types = await codegen({
  filename: 'generated.ts',
  schema: parse(schemaText),
  documents: [{ location: 'operations', document }],
  plugins: [{ operations: {} }],
  pluginMap: { operations },
  config,
});

const HEAD = '// Written by `npm run gen` from *.graphql and graphql/schema.graphql. Do not edit.\n';
const stored = {};
const outputs = { 'types.ts': HEAD + types + '\n' };
// one module for each file of operations, so that a page loads only its own
for (const name of files) {
  const own = parse(readFileSync(new URL(name, here), 'utf8')).definitions.filter((each) => each.kind === 'OperationDefinition');
  const imports = [];
  let text = '';
  for (const each of own) {
    const operation = each.name.value;
    const type = operation + (each.operation === 'mutation' ? 'Mutation' : 'Query');
    const used = [...uses(each)].sort((a, b) => a.name.value.localeCompare(b.name.value));
    const body = [each, ...used].map(compact).join(' ');
    stored[createHash('sha256').update(body).digest('hex')] = body;
    imports.push(type, `${type}Variables`);
    text += `export const ${operation}Document = ${JSON.stringify(body)} as unknown as TypedDocumentNode<${type}, ${type}Variables>;\n`;
  }
  const head = `import type { TypedDocumentNode } from '@urql/core';\nimport type { ${imports.join(', ')} } from './types';\n`;
  outputs[name.replace('.graphql', '.ts')] = HEAD + head + text;
}
const sorted = Object.fromEntries(Object.entries(stored).sort(([a], [b]) => a.localeCompare(b)));
outputs['operations.json'] = JSON.stringify(sorted, null, 1) + '\n';
for (const [name, content] of Object.entries(outputs)) {
  const target = new URL(name, here);
  if (process.argv.includes('--check')) {
    if (readFileSync(target, 'utf8') !== content) {
      console.error(`${name} is not what the schema and the operations give; run: npm run gen`);
      process.exit(1);
    }
  } else {
    writeFileSync(target, content);
  }
}
