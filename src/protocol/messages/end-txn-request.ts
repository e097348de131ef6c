import { message, type TypeOf, string, int64, int16, bool } from '../schema.js';

export const endTxnRequest = message({
  name: 'EndTxnRequest',
  apiKey: 26,
  versions: '0-4',
  flexible: '3+',
  fields: {
    transactionalId: string('0+'),
    producerId: int64('0+'),
    producerEpoch: int16('0+'),
    committed: bool('0+'),
  },
});
export interface EndTxnRequest extends TypeOf<typeof endTxnRequest.fields> {}
