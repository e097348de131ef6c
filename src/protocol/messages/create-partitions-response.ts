import { message, type TypeOf, int32, array, string, int16 } from '../schema.js';

export const createPartitionsResponse = message({
  name: 'CreatePartitionsResponse',
  apiKey: 37,
  versions: '0-3',
  flexible: '2+',
  fields: {
    throttleTimeMs: int32('0+'),
    results: array('0+', {
      name: string('0+'),
      errorCode: int16('0+'),
      errorMessage: string('0+', { nullable: '0+', default: null }),
    }),
  },
});
export interface CreatePartitionsResponse extends TypeOf<typeof createPartitionsResponse.fields> {}
