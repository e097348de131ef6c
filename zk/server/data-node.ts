import { NO_SESSION, type Acl, type SessionId } from '../client/zk-client.js';
import type { StoredData } from './stored-data.js';

/**
 * One znode as it is kept and stored. `cversion` counts creations among its children (it numbers sequential ones); what a
 * client sees as `cversion` counts deletions too: DataTree.statOf.
 * Source: org.apache.zookeeper.server.DataNode, StatPersisted, 3.8
 */
export class DataNode {
  data: StoredData;
  /** Interned by AclCache: equal lists are the same object. */
  acl: readonly Acl[];
  czxid = 0;
  mzxid = 0;
  pzxid = 0;
  ctime = 0;
  mtime = 0;
  version = 0;
  cversion = 0;
  aversion = 0;
  ephemeralOwner: SessionId;
  private childNames: Set<string> | undefined;

  constructor(data: StoredData, acl: readonly Acl[], ephemeralOwner: SessionId = NO_SESSION) {
    this.data = data;
    this.acl = acl;
    this.ephemeralOwner = ephemeralOwner;
  }

  get children(): ReadonlySet<string> {
    return this.childNames ?? NO_CHILDREN;
  }

  get childCount(): number {
    return this.childNames?.size ?? 0;
  }

  addChild(name: string): void {
    (this.childNames ??= new Set()).add(name);
  }

  removeChild(name: string): void {
    this.childNames?.delete(name);
  }
}

const NO_CHILDREN: ReadonlySet<string> = new Set();
