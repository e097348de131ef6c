import * as net from 'node:net';

/** Frames out, frames in, over one raw socket with its own read buffer: cheap, so that the broker is what is measured. */
export class Wire {
  /** One response, its length not included. The bytes are gone when this returns. */
  onFrame: (frame: Buffer) => void = () => undefined;
  private readonly socket: net.Socket;
  private readonly failed: Promise<never>;
  private bytes = Buffer.allocUnsafeSlow(4 << 20);
  private start = 0;
  private end = 0;

  private constructor(host: string, port: number) {
    this.socket = net.connect({
      host,
      port,
      noDelay: true,
      onread: { buffer: () => this.room(), callback: (count) => this.received(count) },
    });
    this.failed = new Promise((_, reject) => {
      this.socket.on('error', reject);
      this.socket.on('close', () => reject(new Error('the broker closed the connection')));
    });
    this.failed.catch(() => undefined); // seen by whoever waits in `whileOpen`
  }

  static async to(host: string, port: number): Promise<Wire> {
    const wire = new Wire(host, port);
    await wire.whileOpen(new Promise<void>((resolve) => wire.socket.once('connect', resolve)));
    return wire;
  }

  /** What `work` resolves to. @throws Error if the connection ends before */
  whileOpen<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.failed]);
  }

  /** `frame` must not change until it is sent. */
  send(frame: Buffer): void {
    this.socket.write(frame);
  }

  /** One request, one response; a view that holds until the next call. */
  ask(frame: Buffer): Promise<Buffer> {
    return this.whileOpen(
      new Promise((resolve) => {
        this.onFrame = resolve;
        this.send(frame);
      }),
    );
  }

  corked(work: () => void): void {
    this.socket.cork();
    work();
    this.socket.uncork();
  }

  close(): void {
    this.socket.destroy();
  }

  private room(): Buffer {
    if (this.start === this.end) this.start = this.end = 0;
    const left = this.end - this.start;
    const frame = left < 4 ? 4 : 4 + this.bytes.readInt32BE(this.start);
    if (this.start + frame > this.bytes.length || this.bytes.length - this.end < 65536) {
      const target = frame > this.bytes.length - 65536 ? Buffer.allocUnsafeSlow(2 * frame + 65536) : this.bytes;
      this.bytes.copy(target, 0, this.start, this.end);
      this.bytes = target;
      this.start = 0;
      this.end = left;
    }
    return this.bytes.subarray(this.end);
  }

  private received(count: number): boolean {
    this.end += count;
    this.corked(() => {
      while (this.end - this.start >= 4) {
        const size = this.bytes.readInt32BE(this.start);
        if (this.end - this.start < 4 + size) break;
        const frame = this.bytes.subarray(this.start + 4, this.start + 4 + size);
        this.start += 4 + size;
        this.onFrame(frame);
      }
    });
    return true;
  }
}
