import { invariant } from '../common/invariant.js';
import type { Versions } from './schema.js';

/** First and last version, both included; `max` is Infinity for `'3+'`. */
export interface VersionRange {
  readonly min: number;
  readonly max: number;
}

const NO_VERSIONS: VersionRange = { min: Infinity, max: -Infinity };

/** The declarations hold few different ones, and headers ask for each request. */
const known = new Map<Versions, VersionRange>();

/** `'3'`, `'3-7'`, `'3+'` and `'none'` as a range; that of `'none'` holds no version. */
export function parseVersions(versions: Versions): VersionRange {
  let range = known.get(versions);
  if (range === undefined) known.set(versions, (range = parse(versions)));
  return range;
}

function parse(versions: Versions): VersionRange {
  if (versions === 'none') return NO_VERSIONS;
  const parts = /^(\d+)(?:(\+)|-(\d+))?$/.exec(versions);
  invariant(parts !== null, 'malformed versions', { versions });
  const min = Number(parts[1]);
  if (parts[2] !== undefined) return { min, max: Infinity };
  return { min, max: parts[3] === undefined ? min : Number(parts[3]) };
}

export function includesVersion(versions: Versions | undefined, version: number): boolean {
  if (versions === undefined) return false;
  const range = parseVersions(versions);
  return version >= range.min && version <= range.max;
}
