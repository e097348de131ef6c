import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';

/** A TCP proxy on loopback that a test can cut, silence or close: what happens to a network between client and server. */
export class TcpProxy {
  private readonly server: Server;
  private readonly pairs = new Set<{ client: Socket; target: Socket }>();
  private targetPort: number;
  private refusing = false;
  private silent = false;
  private opened: (() => void)[] = [];
  /** Connections taken since the start. */
  connections = 0;

  private constructor(targetPort: number) {
    this.targetPort = targetPort;
    this.server = createServer({ noDelay: true }, (client) => this.accept(client));
  }

  static async to(targetPort: number): Promise<TcpProxy> {
    const proxy = new TcpProxy(targetPort);
    await new Promise<void>((resolve) => proxy.server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** New connections go there. */
  retarget(port: number): void {
    this.targetPort = port;
  }

  /** Breaks every connection; new ones are taken unless {@link refuse}. */
  cut(): void {
    for (const { client, target } of this.pairs) {
      client.resetAndDestroy();
      target.resetAndDestroy();
    }
    this.pairs.clear();
  }

  /** Cuts, and from now on closes new connections at once. */
  refuse(): void {
    this.refusing = true;
    this.cut();
  }

  /** Ends {@link refuse}. */
  admit(): void {
    this.refusing = false;
  }

  /** Swallows all bytes both ways; connections stay open and new ones are taken. */
  silence(): void {
    this.silent = true;
  }

  /** Ends {@link silence}; what was swallowed is lost, so old connections are cut. */
  speak(): void {
    this.silent = false;
    this.cut();
  }

  /** Resolves when the next connection is taken. */
  nextConnection(): Promise<void> {
    return new Promise((resolve) => this.opened.push(resolve));
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  private accept(client: Socket): void {
    client.on('error', () => undefined);
    if (this.refusing) {
      client.resetAndDestroy();
      return;
    }
    this.connections++;
    const target = connect({ port: this.targetPort, host: '127.0.0.1', noDelay: true });
    const pair = { client, target };
    this.pairs.add(pair);
    target.on('error', () => client.destroy());
    client.on('data', (bytes) => this.silent || target.write(bytes));
    target.on('data', (bytes) => this.silent || client.write(bytes));
    const end = (): void => {
      this.pairs.delete(pair);
      client.destroy();
      target.destroy();
    };
    client.on('close', end);
    target.on('close', () => (this.silent ? undefined : end()));
    const waiting = this.opened;
    this.opened = [];
    for (const resolve of waiting) resolve();
  }
}
