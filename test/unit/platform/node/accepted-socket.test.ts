import { expect } from 'chai';
import { once } from 'node:events';
import * as net from 'node:net';
import { adopt, canAdopt } from '../../../../src/platform/node/accepted-socket.js';
import { NodeSocket } from '../../../../src/platform/node/socket.js';

describe('accepted sockets', () => {
  let server: net.Server;
  let client: net.Socket;
  let raw: net.Socket;

  beforeEach(async () => {
    server = net.createServer({ pauseOnConnect: true });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    client = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1');
    [raw] = (await once(server, 'connection')) as [net.Socket];
  });
  afterEach(() => {
    client.destroy();
    server.close();
  });

  it('have their private fields where adoption looks for them', () => {
    expect(canAdopt(raw, server)).to.equal(true);
    expect(canAdopt(client, server), 'a socket of no server').to.equal(false);
    raw.destroy();
  });

  it('read into our own buffer once adopted, and count as connections of the server', async () => {
    const room = Buffer.alloc(100);
    let isRead: (count: number) => void;
    const read = new Promise<number>((resolve) => (isRead = resolve));
    const socket = adopt(
      raw,
      {
        buffer: () => room,
        callback: (count) => {
          isRead(count);
          return true;
        },
      },
      1024,
    );
    const connections = await new Promise<number>((resolve) =>
      server.getConnections((_error, count) => resolve(count)),
    );
    expect(connections).to.equal(1);
    socket.resume();
    client.write('hello');
    expect(await read).to.equal(5);
    expect(room.toString('latin1', 0, 5)).to.equal('hello');
    socket.destroy();
    await once(socket, 'close');
  });

  it('are read through data events where adoption is not possible, with the same pauses', async () => {
    const seen: string[] = [];
    const room = Buffer.alloc(4);
    let wanted = 2;
    const socket = new NodeSocket({ host: '127.0.0.1', port: 0 });
    raw.on('data', (chunk: Buffer) => socket.onData(chunk));
    const closed = new Promise<void>((resolve) => {
      socket.begin(raw, {
        buffer: () => room,
        onBytes: (count) => {
          seen.push(room.toString('latin1', 0, count));
          wanted--;
          return wanted > 0;
        },
        onClose: () => resolve(),
      });
    });
    socket.resume();
    client.write('abcdefghijkl');
    while (seen.length < 2) await new Promise((resolve) => setImmediate(resolve));
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(seen).to.deep.equal(['abcd', 'efgh']);
    wanted = 10;
    socket.resume();
    while (seen.length < 3) await new Promise((resolve) => setImmediate(resolve));
    expect(seen).to.deep.equal(['abcd', 'efgh', 'ijkl']);
    client.end();
    await closed;
  });
});
