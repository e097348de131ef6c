import { message, type TypeOf, array, string, uuid, arrayOf, int32 } from '../schema.js';

export const deleteTopicsRequest = message({
  name: 'DeleteTopicsRequest',
  apiKey: 20,
  versions: '0-6',
  flexible: '4+',
  fields: {
    topics: array('6+', {
      name: string('6+', { nullable: '6+', default: null }),
      topicId: uuid('6+'),
    }),
    topicNames: arrayOf('0-5', 'string', { ignorable: true }),
    timeoutMs: int32('0+'),
  },
});
export interface DeleteTopicsRequest extends TypeOf<typeof deleteTopicsRequest.fields> {}
