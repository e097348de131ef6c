import * as net from 'node:net';

/** Reads go into the buffers that `buffer` gives; `callback` tells how many bytes came, and returns false to pause. */
export interface ReadInto {
  readonly buffer: () => Uint8Array;
  readonly callback: (count: number) => boolean;
}

/** What Node 20 keeps in a socket of a server, beyond its public face. */
interface Insides {
  _handle: object | null;
  _server: net.Server | null;
  server: net.Server | null;
}

/**
 * Whether the private fields that {@link adopt} moves are where Node 20 has them. If a later Node moves them, sockets
 * are read through `data` events: slower by a copy, and right.
 */
export function canAdopt(raw: net.Socket, server: net.Server): boolean {
  const insides = raw as unknown as Partial<Insides>;
  const handle = insides._handle as { useUserBuffer?: unknown } | null | undefined;
  return typeof handle?.useUserBuffer === 'function' && insides._server === server;
}

/**
 * Takes over an accepted, paused socket with read buffers of our own: servers of Node ignore the option `onread`, which
 * costs a copy and an allocation for every read. The socket given is an empty shell afterwards.
 * Reading begins with `resume()`.
 */
export function adopt(raw: net.Socket, read: ReadInto, highWaterMark: number): net.Socket {
  const from = raw as unknown as Insides;
  const options: net.SocketConstructorOpts & Record<string, unknown> = {
    handle: from._handle,
    onread: read,
    readable: true,
    writable: true,
    manualStart: true,
    highWaterMark,
  };
  const socket = new net.Socket(options);
  const to = socket as unknown as Insides;
  to._server = from._server; // keeps getConnections() and server.close() right
  to.server = from.server;
  from._server = null;
  from._handle = null;
  raw.removeAllListeners();
  raw.destroy();
  return socket;
}
