import { message, type TypeOf, string, arrayOf, array, int64, int16, bool } from '../schema.js';

const addPartitionsToTxnTopic = {
  name: string('0+'),
  partitions: arrayOf('0+', 'int32'),
} as const;
export const addPartitionsToTxnRequest = message({
  name: 'AddPartitionsToTxnRequest',
  apiKey: 24,
  versions: '0-5',
  flexible: '3+',
  fields: {
    transactions: array('4+', {
      transactionalId: string('4+'),
      producerId: int64('4+'),
      producerEpoch: int16('4+'),
      verifyOnly: bool('4+', { default: false }),
      topics: array('4+', addPartitionsToTxnTopic),
    }),
    v3AndBelowTransactionalId: string('0-3'),
    v3AndBelowProducerId: int64('0-3'),
    v3AndBelowProducerEpoch: int16('0-3'),
    v3AndBelowTopics: array('0-3', addPartitionsToTxnTopic),
  },
});
export interface AddPartitionsToTxnRequest extends TypeOf<typeof addPartitionsToTxnRequest.fields> {}
