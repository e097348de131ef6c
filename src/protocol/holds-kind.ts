import type { FieldKind, Fields } from './schema.js';

/** Whether a field of that kind stands anywhere in a message: `bytes` and `records` are decoded to views on the frame. */
export function holdsKind(fields: Fields, kinds: readonly FieldKind[]): boolean {
  return Object.values(fields).some(({ kind, element }) => {
    if (kinds.includes(kind) || (element !== undefined && kinds.includes(element.kind))) return true;
    return element?.kind === 'struct' && holdsKind(element.fields, kinds);
  });
}
