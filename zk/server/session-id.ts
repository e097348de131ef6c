import type { SessionId } from '../client/zk-client.js';

const MASK_48 = (1n << 48n) - 1n;

/**
 * A server's first session id: its own id in the highest byte, then 40 bits of the clock, then 16 zero bits to count in.
 * Source: org.apache.zookeeper.server.SessionTrackerImpl.initializeNextSessionId, 3.8
 *
 * Differs: Apache takes the machine's uptime, which starts anew with the machine; ids of sessions that live in the log
 * must not come again, so this is the wall clock.
 */
export function firstSessionId(serverId: number, wallMs: number): bigint {
  const clock = ((BigInt(wallMs) << 24n) & 0xffffffffffffffffn) >> 8n;
  return clock | (BigInt(serverId) << 56n);
}

export function sessionIdText(id: bigint): SessionId {
  return id.toString(16).padStart(16, '0');
}

/** As log lines and four-letter words print it: `0x` and no leading zeros. */
export function hexOf(id: SessionId): string {
  return `0x${id.replace(/^0{1,15}/, '')}`;
}

/**
 * The password of a session: 16 bytes derived from its id, so that it needs no store and outlives a restart.
 * Source: org.apache.zookeeper.server.ZooKeeperServer.generatePasswd and java.util.Random, 3.8
 */
export function sessionPassword(id: SessionId): Buffer {
  const secret = 0xb3415c00n;
  let seed = (BigInt(`0x${id}`) ^ secret ^ 0x5deece66dn) & MASK_48;
  const password = Buffer.alloc(16);
  for (let at = 0; at < 16; at += 4) {
    seed = (seed * 0x5deece66dn + 0xbn) & MASK_48;
    password.writeUInt32LE(Number(seed >> 16n), at);
  }
  return password;
}
