import type { Socket, SocketHandler } from '../../../../src/platform/network.js';

/** A handler that keeps what it is told. */
export class RecordingPeer implements SocketHandler {
  readonly events: string[] = [];
  received = '';
  socket: Socket | undefined;
  private readonly room = Buffer.alloc(64);

  onConnect(): void {
    this.events.push('connect');
  }

  buffer(): Buffer {
    return this.room;
  }

  onBytes(count: number): boolean {
    this.received += this.room.toString('latin1', 0, count);
    return true;
  }

  onClose(error?: Error): void {
    this.events.push(`close ${(error as NodeJS.ErrnoException | undefined)?.code ?? 'in order'}`);
  }
}
