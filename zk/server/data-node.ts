import { NO_SESSION, type Acl, type SessionId, type Stat } from '../client/zk-client.js';

/**
 * One znode as it is kept and stored. `cversion` counts creations among its children (it numbers sequential ones); what a
 * client sees as `cversion` counts deletions too: see {@link stat}.
 * Source: org.apache.zookeeper.server.DataNode, StatPersisted, 3.8
 */
export class DataNode {
  data: Buffer | null;
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

  constructor(data: Buffer | null, acl: readonly Acl[], ephemeralOwner: SessionId = NO_SESSION) {
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

  stat(): Stat {
    const numChildren = this.childCount;
    return {
      czxid: this.czxid,
      mzxid: this.mzxid,
      ctime: this.ctime,
      mtime: this.mtime,
      version: this.version,
      cversion: this.cversion * 2 - numChildren,
      aversion: this.aversion,
      ephemeralOwner: this.ephemeralOwner,
      dataLength: this.data?.length ?? 0,
      numChildren,
      pzxid: this.pzxid,
    };
  }
}

const NO_CHILDREN: ReadonlySet<string> = new Set();
