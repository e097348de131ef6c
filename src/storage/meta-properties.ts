import type { Uuid } from '../common/uuid.js';
import { replaceFile, type Disk } from '../platform/disk.js';
import { readTextFile } from './checkpoint-file.js';

export const META_PROPERTIES_FILE = 'meta.properties';

/**
 * `meta.properties` of a log.dir: whose folder it is. Version 0 is ZooKeeper mode (`broker.id`), 1 is KRaft (`node.id`). Keys
 * that are not known are kept: a later migration needs them.
 * Source: org.apache.kafka.metadata.properties.MetaProperties, 3.9
 */
export interface MetaProperties {
  readonly brokerId: number | undefined;
  readonly clusterId: string | undefined;
  readonly directoryId: Uuid | undefined;
  /** Every key as it stands in the file, the ones above included, in order. */
  readonly all: ReadonlyMap<string, string>;
}

/** undefined without the file. @throws Error if a number in it is none */
export function readMetaProperties(disk: Disk, logDir: string): MetaProperties | undefined {
  const text = readTextFile(disk, `${logDir}/${META_PROPERTIES_FILE}`);
  if (text === undefined) return undefined;
  const all = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const match = /^\s*([^#!\s=:][^\s=:]*)\s*[=:]\s*(.*)$/.exec(line);
    if (match?.[1] !== undefined) all.set(match[1], (match[2] ?? '').replace(/\\(.)/g, '$1'));
  }
  const id = all.get('broker.id') ?? all.get('node.id');
  if (id !== undefined && !/^-?\d+$/.test(id)) throw new Error(`Malformed broker.id in ${logDir}: '${id}'`);
  return {
    brokerId: id === undefined ? undefined : Number(id),
    clusterId: all.get('cluster.id'),
    directoryId: all.get('directory.id'),
    all,
  };
}

/**
 * Writes broker id and cluster id, keeping everything else that stood there.
 * @param written the line of the date, as java.util.Properties puts it under an empty comment
 */
export async function writeMetaProperties(
  disk: Disk,
  logDir: string,
  brokerId: number,
  clusterId: string,
  written: string,
): Promise<void> {
  const before = readMetaProperties(disk, logDir)?.all ?? new Map<string, string>();
  const all = new Map([
    ['broker.id', String(brokerId)],
    ['version', '0'],
    ['cluster.id', clusterId],
    ...[...before].filter(([key]) => !['broker.id', 'version', 'cluster.id'].includes(key)),
  ]);
  const lines = [...all].map(([key, value]) => `${key}=${value.replace(/[\\=:#!]/g, '\\$&')}`);
  const text = ['#', `#${written}`, ...lines, ''].join('\n');
  await replaceFile(disk, `${logDir}/${META_PROPERTIES_FILE}`, Buffer.from(text));
}
