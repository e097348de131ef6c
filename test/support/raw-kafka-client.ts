import { connect, type Socket } from 'node:net';

/** What became of a request. `silence`: no answer within the deadline, the connection stands. */
export type RawAnswer = Buffer | 'closed' | 'silence';

/** Sends frames as they are and hands out what comes back; connects anew after a close. */
export class RawKafkaClient {
  private readonly port: number;
  private socket: Socket | undefined;
  private received: Buffer = Buffer.alloc(0);
  private waiting: ((answer: RawAnswer) => void) | undefined;

  constructor(port: number) {
    this.port = port;
  }

  /** One request without its length; one at a time. */
  send(request: Buffer, deadlineMs: number): Promise<RawAnswer> {
    const length = Buffer.alloc(4);
    length.writeInt32BE(request.length);
    return new Promise((resolve) => {
      const deadline = setTimeout(() => this.settle('silence'), deadlineMs);
      this.waiting = (answer) => {
        clearTimeout(deadline);
        resolve(answer);
      };
      this.socket ??= this.open();
      this.socket.write(Buffer.concat([length, request]));
    });
  }

  close(): void {
    this.socket?.destroy();
    this.socket = undefined;
  }

  private open(): Socket {
    this.received = Buffer.alloc(0);
    const socket = connect(this.port, '127.0.0.1');
    socket.on('data', (bytes: Buffer) => {
      this.received = Buffer.concat([this.received, bytes]);
      const end = this.received.length < 4 ? Infinity : 4 + this.received.readInt32BE(0);
      if (this.received.length < end) return;
      const frame = this.received.subarray(4, end);
      this.received = this.received.subarray(end);
      this.settle(frame);
    });
    socket.on('error', () => undefined); // 'close' follows
    socket.on('close', () => {
      if (this.socket !== socket) return;
      this.socket = undefined;
      this.settle('closed');
    });
    return socket;
  }

  private settle(answer: RawAnswer): void {
    const { waiting } = this;
    this.waiting = undefined;
    waiting?.(answer);
  }
}
