import { OPEN_ACL, type Acl } from '../client/zk-client.js';

/** A node's ACL is almost always one of few: equal lists are kept once. Snapshots refer to them by number. */
export class AclCache {
  readonly openAcl: readonly Acl[] = OPEN_ACL;
  private readonly byKey = new Map<string, readonly Acl[]>();

  intern(acl: readonly Acl[]): readonly Acl[] {
    if (isOpen(acl)) return this.openAcl;
    const key = JSON.stringify(acl.map((entry) => [entry.permissions, entry.scheme, entry.id]));
    const known = this.byKey.get(key);
    if (known !== undefined) return known;
    this.byKey.set(key, acl);
    return acl;
  }

  /** All lists in use or used before, the open one apart. */
  lists(): Iterable<readonly Acl[]> {
    return this.byKey.values();
  }

  clear(): void {
    this.byKey.clear();
  }
}

function isOpen(acl: readonly Acl[]): boolean {
  const only = acl[0];
  return acl.length === 1 && only?.permissions === 31 && only.scheme === 'world' && only.id === 'anyone';
}
