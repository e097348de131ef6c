import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { apis } from '../../../src/protocol/apis.js';
import { groupMetadataKey } from '../../../src/protocol/messages/group-metadata-key.js';
import { groupMetadataValue } from '../../../src/protocol/messages/group-metadata-value.js';
import { offsetCommitKey } from '../../../src/protocol/messages/offset-commit-key.js';
import { offsetCommitValue } from '../../../src/protocol/messages/offset-commit-value.js';
import { requestHeader } from '../../../src/protocol/messages/request-header.js';
import { responseHeader } from '../../../src/protocol/messages/response-header.js';
import type { Field, Fields, Message } from '../../../src/protocol/schema.js';

/**
 * Our declarations beside Kafka's own schemas, field by field. The schemas are not part of this project: unpack those of
 * 3.9.1 anywhere and name the folder in KAFKA_SCHEMAS, else this is pending.
 */
const folder = process.env['KAFKA_SCHEMAS'];

interface SchemaField {
  readonly name: string;
  readonly type: string;
  readonly versions: string;
  readonly nullableVersions?: string;
  readonly tag?: number | string;
  readonly taggedVersions?: string;
  readonly default?: unknown;
  readonly ignorable?: boolean;
  readonly flexibleVersions?: string;
  readonly fields?: readonly SchemaField[];
}
interface Schema {
  readonly name: string;
  readonly apiKey?: number;
  readonly validVersions: string;
  readonly flexibleVersions?: string;
  readonly fields: readonly SchemaField[];
  readonly commonStructs?: readonly { readonly name: string; readonly fields: readonly SchemaField[] }[];
}

function schemasIn(root: string): Map<string, Schema> {
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.json'));
  return new Map(
    files.map((file) => {
      const text = readFileSync(join(root, file), 'utf8')
        .replace(/^\s*\/\/.*$/gm, '')
        .replace(/,\s*\/\/.*$/gm, ',');
      const schema = JSON.parse(text) as Schema;
      return [schema.name, schema];
    }),
  );
}

const messages: Message[] = [
  ...Object.values(apis).flatMap((api): Message[] => [api.request, api.response]),
  requestHeader,
  responseHeader,
  groupMetadataKey,
  groupMetadataValue,
  offsetCommitKey,
  offsetCommitValue,
];

function ownName(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}

/** What can be compared of a field, in one form for both sides. */
function describeSchema(field: SchemaField, schema: Schema): Record<string, unknown> {
  const isArray = field.type.startsWith('[]');
  const type = isArray ? field.type.slice(2) : field.type;
  const fields = field.fields ?? schema.commonStructs?.find(({ name }) => name === type)?.fields;
  return {
    kind: `${isArray ? '[]' : ''}${fields === undefined ? type : 'struct'}`,
    versions: field.versions,
    nullable: field.nullableVersions,
    tag: field.tag === undefined ? undefined : Number(field.tag),
    tagged: field.taggedVersions,
    default: field.default === undefined ? undefined : normalize(field.default),
    ignorable: field.ignorable === true,
    oldEncoding: field.flexibleVersions === 'none',
    fields: fields?.map((inner) => [ownName(inner.name), describeSchema(inner, schema)]),
  };
}

function describeOwn(field: Field<unknown>): Record<string, unknown> {
  const { kind, element, options } = field;
  const type = kind === 'array' ? `[]${wireKind(element!.kind)}` : wireKind(kind);
  return {
    kind: type,
    versions: field.versions,
    nullable: options.nullable,
    tag: options.tag,
    tagged: options.tag === undefined ? undefined : (options.tagged ?? field.versions),
    default: options.default === undefined ? undefined : normalize(options.default),
    ignorable: options.ignorable === true,
    oldEncoding: options.flexible === false,
    fields: element?.kind === 'struct' ? describeFields(element.fields) : undefined,
  };
}

function describeFields(fields: Fields): unknown[] {
  return Object.entries(fields).map(([name, field]) => [name, describeOwn(field)]);
}

/** `timestamp` is our name for an int64 that is kept exact. */
function wireKind(kind: string): string {
  return kind === 'timestamp' ? 'int64' : kind;
}

function normalize(value: unknown): string {
  const text = String(value);
  return text === '' || Number.isNaN(Number(text)) ? text : String(Number(text));
}

describe('declarations beside the schemas of 3.9.1', () => {
  if (folder === undefined || !existsSync(folder)) {
    it('are compared where KAFKA_SCHEMAS names a folder of schemas');
    return;
  }
  const schemas = schemasIn(folder);
  for (const own of messages) {
    it(own.name, () => {
      const schema = schemas.get(own.name)!;
      expect(own).to.include({
        apiKey: schema.apiKey ?? null,
        versions: schema.validVersions,
        flexible: schema.flexibleVersions ?? 'none',
      });
      const expected = schema.fields.map((field) => [ownName(field.name), describeSchema(field, schema)]);
      expect(describeFields(own.fields)).to.deep.equal(expected);
    });
  }
});
