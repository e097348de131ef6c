/** A bug in this program. It stops the node: a wrong replica is worse than a missing one. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError';
  readonly facts: Record<string, unknown>;
  constructor(message: string, facts: Record<string, unknown>) {
    super(Object.keys(facts).length === 0 ? message : `${message} ${JSON.stringify(facts)}`);
    this.facts = facts;
  }
}

export function invariant(condition: boolean, message: string, facts: Record<string, unknown> = {}): asserts condition {
  if (!condition) throw new InvariantError(message, facts);
}
