/** Source: org.apache.zookeeper.ZooDefs.OpCode, 3.8 */
export const OP = {
  notification: 0,
  create: 1,
  delete: 2,
  exists: 3,
  getData: 4,
  setData: 5,
  getAcl: 6,
  setAcl: 7,
  getChildren: 8,
  sync: 9,
  ping: 11,
  getChildren2: 12,
  check: 13,
  multi: 14,
  create2: 15,
  reconfig: 16,
  checkWatches: 17,
  removeWatches: 18,
  createContainer: 19,
  deleteContainer: 20,
  createTtl: 21,
  multiRead: 22,
  auth: 100,
  setWatches: 101,
  sasl: 102,
  getEphemerals: 103,
  getAllChildrenNumber: 104,
  setWatches2: 105,
  addWatch: 106,
  whoAmI: 107,
  createSession: -10,
  closeSession: -11,
  error: -1,
} as const;

/** Request ids that are not requests of a program. Source: org.apache.zookeeper.ClientCnxn, 3.8 */
export const XID = { watch: -1, ping: -2, auth: -4, setWatches: -8 } as const;

/** `flags` of a create. Source: org.apache.zookeeper.CreateMode, 3.8 */
export const CREATE_FLAGS = {
  persistent: 0,
  ephemeral: 1,
  'persistent-sequential': 2,
  'ephemeral-sequential': 3,
  container: 4,
  'persistent-with-ttl': 5,
  'persistent-sequential-with-ttl': 6,
} as const;

/** Source: org.apache.zookeeper.Watcher.Event.EventType, 3.8 */
export const EVENT = {
  none: -1,
  created: 1,
  deleted: 2,
  dataChanged: 3,
  childrenChanged: 4,
  dataWatchRemoved: 5,
  childWatchRemoved: 6,
  persistentWatchRemoved: 7,
} as const;

/** `state` of an event. Source: org.apache.zookeeper.Watcher.Event.KeeperState, 3.8 */
export const KEEPER_STATE = { disconnected: 0, syncConnected: 3, authFailed: 4, expired: -112, closed: 7 } as const;

/** `mode` of addWatch. Source: org.apache.zookeeper.AddWatchMode, 3.8 */
export const ADD_WATCH_MODE = { persistent: 0, persistentRecursive: 1 } as const;

/** `type` of removeWatches and checkWatches. Source: org.apache.zookeeper.Watcher.WatcherType, 3.8 */
export const WATCHER_TYPE = { children: 1, data: 2, any: 3 } as const;

/** Bits of an ACL entry. Source: org.apache.zookeeper.ZooDefs.Perms, 3.8 */
export const PERMISSION = { read: 1, write: 2, create: 4, delete: 8, admin: 16, all: 31 } as const;
