import type { Logger } from '../platform/logger.js';

interface StartedPart {
  readonly name: string;
  readonly end: () => void | Promise<void>;
}

/**
 * What was started and has to be ended, in reverse order, each part once. A part that cannot be ended does not keep the
 * others from their turn. Source: kafka.utils.CoreUtils.swallow as kafka.server.KafkaServer.shutdown uses it, 3.9
 */
export class StartedParts {
  private readonly logger: Logger;
  private readonly parts: StartedPart[] = [];

  constructor(logger: Logger) {
    this.logger = logger;
  }

  add(name: string, end: StartedPart['end']): void {
    this.parts.push({ name, end });
  }

  async endAll(): Promise<void> {
    for (let part = this.parts.pop(); part !== undefined; part = this.parts.pop()) {
      try {
        await part.end();
      } catch (error) {
        this.logger.warn(`${part.name} could not be shut down`, error);
      }
    }
  }
}
