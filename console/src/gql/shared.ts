// Written by `npm run gen` from *.graphql and graphql/schema.graphql. Do not edit.
import type { TypedDocumentNode } from '@urql/core';
import type { MeQuery, MeQueryVariables } from './types';
export const MeDocument = "query Me { clock { now businessDay training } viewer { role name territory { code tier name { ja en } parent { code name { ja en } } } facility { facilityId name municipality { code name { ja en } } } } }" as unknown as TypedDocumentNode<MeQuery, MeQueryVariables>;
